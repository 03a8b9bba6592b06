"""What goes in and out over HTTP; the OpenAPI document is made from these."""

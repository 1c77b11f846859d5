"""What every room uses: money, form fields, renderer, encryption, middleware. Imports no app."""

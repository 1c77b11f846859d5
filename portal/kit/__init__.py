"""What every room uses: money, form fields, the renderer, encryption, middleware. Imports no app."""

// Libraries that the binding asks for and that nothing here calls.

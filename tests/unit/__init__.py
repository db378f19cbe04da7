"""One module at a time: claims about what each promises."""

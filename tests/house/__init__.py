"""The building itself: sizes, words, addresses, documents and packaging."""

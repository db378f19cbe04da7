"""The pages in real Chromium: line up and down, without JavaScript, and axe on every page."""

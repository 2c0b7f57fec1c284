"""A scripted agent on a real project with a real bug: it goes in circles, is told so, and gets out."""

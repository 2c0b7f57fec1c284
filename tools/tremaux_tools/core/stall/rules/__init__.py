"""The rules, one module per family: a past goes in, a finding or None comes out."""

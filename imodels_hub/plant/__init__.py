"""A small iModel whose changeset files have contents: a year of a pump station."""

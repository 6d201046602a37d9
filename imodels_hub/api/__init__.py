"""Operations of the iModels and iTwins APIs, without HTTP."""

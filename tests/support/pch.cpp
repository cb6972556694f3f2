// Something must be compiled with the precompiled header for it to exist:
// main.cpp is not, since it configures Catch2 before including it.

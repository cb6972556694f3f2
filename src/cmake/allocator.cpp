// What jemalloc reads when a program of ours starts. By default it gives blocks
// of 8 MiB and more back to the system as soon as they are free; libtorch takes
// some for every batch, and the faults cost more than a small network does. It
// also gives back, bit by bit, what was freed in the last ten seconds, which
// the next batch takes again: in some runs a third of all CPU. What is free
// stays, so that a program keeps the most it ever needed.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "oversize_threshold:0,dirty_decay_ms:-1";
}

// What jemalloc reads when a program of ours starts. By default it gives blocks
// of 8 MiB and more back to the system as soon as they are free; libtorch takes
// some for every batch, and the faults cost more than a small network does.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "oversize_threshold:0";
}

/* A 32-bit task with two threads, as criu-i386.tar.zst has it. Made by:
 *
 *   gcc -m32 -static -O1 -o narrow criu-i386.c
 *   env -i NAME=VALUE setsid ./narrow one two >criu-i386.truth.txt 2>&1 </dev/null &
 *   criu dump -t PID -D images --leave-running
 *
 * The truth has the process's number, and where its markers stand. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char marker[] = "MARKER-OF-A-32-BIT-TASK";

/* pause(2) with what can be recognised in the registers. */
static void *wait_for_ever(void *nothing)
{
    __asm__ volatile("movl $0x11223344, %%ebx; movl $0x55667788, %%esi;"
                     "1: movl $29, %%eax; int $0x80; jmp 1b" ::: "eax", "ebx", "esi");
    return nothing;
}

int main(void)
{
    pthread_t thread;
    static const char known[16] = "XMM-ONE-CONTENT";
    char *heap = malloc(64);
    strcpy(heap, "HEAP-OF-32-BITS");
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    printf("%d %p %p\n", getpid(), marker, heap);
    fflush(stdout);
    for (int i = 0; i < 3; i++)
        dup2(open("/dev/null", O_RDWR), i);
    for (int i = 3; i < 6; i++)
        close(i);
    __asm__ volatile("movups %0, %%xmm1; 1: movl $29, %%eax; int $0x80; jmp 1b" ::"m"(known)
                     : "eax");
}

/* What few containers have: user and time namespaces of its own, the end of a tunnel, an
 * asynchronous I/O ring, a terminal with unread input, a sealed memfd. Made by, as root:
 *
 *   gcc -static -O1 -o rare criu-rare.c -lutil
 *   env -i setsid unshare --user --map-root-user --net --ipc --uts --time --boottime 1000 --fork ./rare
 *   criu dump -t PID -D images --leave-running --shell-job
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    struct ifreq request = {.ifr_name = "covert0", .ifr_flags = IFF_TUN | IFF_NO_PI};
    aio_context_t ring = 0;
    int master, slave, tunnel = open("/dev/net/tun", O_RDWR);
    if (tunnel < 0 || ioctl(tunnel, TUNSETIFF, &request))
        perror("tunnel");
    syscall(SYS_io_setup, 4, &ring);
    openpty(&master, &slave, NULL, NULL, NULL);
    write(master, "typed\n", 6);
    int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
    write(sealed, "SEALED", 6);
    fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK);
    prctl(PR_SET_NAME, "rare\tname");
    puts("ready");
    fflush(stdout);
    for (int i = 0; i < 3; i++)
        dup2(open("/dev/null", O_RDWR), i);
    for (int i = 7; i < 300; i++)
        close(i);
    for (;;)
        pause();
}

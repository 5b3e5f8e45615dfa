/* A container's network as criu-conntrack.tar.zst has it: connections that are open, that
 * ended, whose destination was translated, and that nobody answered; with counters and
 * times. Made by, as root, in a folder with iptables-save and CRIU 4.2 at hand:
 *
 *   gcc -static -O1 -o net criu-conntrack.c
 *   env -i PATH=$PATH unshare --net --ipc --uts setsid ./net >net.out 2>&1 </dev/null &
 *   criu dump -t PID -D images --tcp-established --leave-running
 *
 * and what /proc/PID/net/nf_conntrack said in that second is criu-conntrack.truth.txt. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in at(const char *address, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &a.sin_addr);
    return a;
}

static int open_at(int type, const char *address, int port)
{
    struct sockaddr_in a = at(address, port);
    int one = 1, s = socket(AF_INET, type, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a))
        perror(address);
    return s;
}

/* Returns the near end; *far is what the server accepted. */
static int connect_to(const char *address, int port, int from, int server, int *far)
{
    struct sockaddr_in a = at(address, port);
    int s = open_at(SOCK_STREAM, "10.9.8.7", from);
    if (connect(s, (struct sockaddr *)&a, sizeof a))
        perror(address);
    *far = accept(server, NULL, NULL);
    return s;
}

int main(void)
{
    char buffer[64];
    int far;
    if (system("sysctl -qw net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1;"
               "ip link set lo up; for a in 10.9.8.7/24 198.51.100.23/32 203.0.113.9/32; do"
               " ip addr add $a dev lo; done; ip addr add fd00::7/64 dev lo nodad;"
               "iptables -t nat -A OUTPUT -p tcp -d 10.9.8.7 --dport 80 -j REDIRECT --to-ports 8080;"
               "iptables -t mangle -A OUTPUT -p udp --dport 5353 -j CONNMARK --set-mark 0x2a;"
               "iptables -A INPUT -m conntrack --ctstate INVALID -j DROP;"
               "iptables -A INPUT -s 203.0.113.9 -m comment --comment CRIU -j ACCEPT;"
               "ip6tables -A INPUT -m conntrack --ctstate INVALID -j DROP"))
        return 1;
    int web = open_at(SOCK_STREAM, "0.0.0.0", 8080), c2 = open_at(SOCK_STREAM, "203.0.113.9", 443);
    listen(web, 8), listen(c2, 8);
    int held = connect_to("10.9.8.7", 80, 40001, web, &far);
    write(held, "hello", 5), read(far, buffer, 5);
    int ended = connect_to("203.0.113.9", 443, 40002, c2, &far);
    write(ended, "exfiltrated", 11), read(far, buffer, 11);
    close(ended), close(far), close(c2);
    int mute = open_at(SOCK_DGRAM, "10.9.8.7", 40003), sink = open_at(SOCK_DGRAM, "198.51.100.23", 53);
    struct sockaddr_in dns = at("198.51.100.23", 53), mdns = at("10.9.8.7", 5353);
    sendto(mute, "query", 5, 0, (struct sockaddr *)&dns, sizeof dns);
    close(mute), close(sink);
    int asking = open_at(SOCK_DGRAM, "10.9.8.7", 40004), answering = open_at(SOCK_DGRAM, "10.9.8.7", 5353);
    struct sockaddr_in back = at("10.9.8.7", 40004);
    sendto(asking, "q", 1, 0, (struct sockaddr *)&mdns, sizeof mdns), read(answering, buffer, 1);
    sendto(answering, "r", 1, 0, (struct sockaddr *)&back, sizeof back), read(asking, buffer, 1);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(9999)};
    inet_pton(AF_INET6, "fd00::7", &six.sin6_addr);
    int six_far = socket(AF_INET6, SOCK_DGRAM, 0), six_near = socket(AF_INET6, SOCK_DGRAM, 0);
    bind(six_far, (struct sockaddr *)&six, sizeof six);
    sendto(six_near, "q", 1, 0, (struct sockaddr *)&six, sizeof six), read(six_far, buffer, 1);
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    unsigned char echo[8] = {8, 0, 0xf7, 0xb1, 0, 77, 0, 1};
    struct sockaddr_in me = at("10.9.8.7", 0);
    sendto(raw, echo, sizeof echo, 0, (struct sockaddr *)&me, sizeof me);
    close(raw);
    puts("ready"), fflush(stdout);
    for (int i = 0; i < 3; i++)
        dup2(open("/dev/null", O_RDWR), i);
    for (;;)
        pause();
}

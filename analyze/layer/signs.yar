/*
 * Signs: contents that tell what a changed file is for, whatever its name.
 *
 * The tag of a rule is the finding that it makes (analyze/layer/findings.def). A rule asks
 * for what the thing needs to work, or for several of its names together: one word alone
 * stands in documentation and in lists of other scanners too. tests/cli/test_findings_signs.py
 * has a sample that each must hit, and what must not be hit.
 */

// -- web shells: what a request says is run --------------------------------------------

rule php_runs_request : web_shell
{
    strings:
        $php = "<?"
        $call = /\b(eval|assert|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|create_function|call_user_func|call_user_func_array)\s{0,4}\(\s{0,4}@?((base64_decode|gzinflate|gzuncompress|str_rot13|stripslashes|urldecode|trim|hex2bin)\s{0,4}\(\s{0,4}){0,3}\$_(GET|POST|REQUEST|COOKIE|SERVER|FILES)\b/ nocase
        $function = /\$_(GET|POST|REQUEST|COOKIE)\s{0,2}\[[^\]\n]{1,40}\]\s{0,2}\(/
        $include = /\b(include|require)(_once)?\s{0,4}\(?\s{0,4}\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
        $backtick = /`\s{0,4}\$_(GET|POST|REQUEST|COOKIE)\b/
        $pattern = /preg_replace\s{0,4}\(\s{0,4}["'].{1,40}[\/#~|]e["']\s{0,4},\s{0,4}.{0,20}\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        filesize < 4MB and $php and any of ($call, $function, $include, $backtick, $pattern)
}

rule php_runs_variable_of_request : web_shell
{
    strings:
        $php = "<?php" nocase
        $take = /\$[a-z_][a-z0-9_]{0,20}\s{0,4}=\s{0,4}@?((base64_decode|str_rot13|trim|stripslashes|urldecode|isset)\s{0,4}\(\s{0,4}){0,2}\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
        $run = /\b(system|shell_exec|passthru|popen|proc_open|pcntl_exec)\s{0,4}\(\s{0,4}["']?\$[a-z_]/ nocase
    condition:
        filesize < 64KB and $php and $take and $run
}

rule php_runs_packed_code : web_shell
{
    strings:
        $php = "<?"
        $run = /\b(eval|assert)\s{0,4}\(\s{0,4}@?(gzinflate|gzuncompress|gzdecode|str_rot13|base64_decode|strrev|hex2bin|convert_uudecode)\s{0,4}\(/ nocase
    condition:
        filesize < 4MB and $php and $run
}

rule php_named_shell : web_shell
{
    strings:
        $php = "<?"
        $a = "FilesMan"
        $b = "WSOsetcookie"
        $c = "b374k" nocase
        $d = "c99shell" nocase
        $e = "r57shell" nocase
        $f = "p0wny@shell"
        $g = "e45e329feb5d925b" // the key that Behinder comes with
        $h = "3c6e0b8a9c15224a" // the key that Godzilla comes with
        $i = "weevely" nocase
    condition:
        filesize < 2MB and $php and any of ($a, $b, $c, $d, $e, $f, $g, $h, $i)
}

rule jsp_runs_request : web_shell
{
    strings:
        $page = "<%"
        $parameter = /request\s{0,2}\.\s{0,2}get(Parameter|Header|InputStream|Reader)\s{0,2}\(/
        $exec = /getRuntime\s{0,2}\(\s{0,2}\)\s{0,2}\.\s{0,2}exec\s{0,2}\(/
        $builder = "ProcessBuilder"
        $class = "defineClass"
        $script = "ScriptEngineManager"
    condition:
        filesize < 2MB and $page and $parameter and any of ($exec, $builder, $class, $script)
}

rule aspx_runs_request : web_shell
{
    strings:
        $page = /<%\s{0,4}(@|=|eval|execute|response|dim|set|process|string|if|server)/ nocase
        $request = /Request(\.(Form|QueryString|Item|Params|Headers|Cookies))?\s{0,2}[\[\(]/ nocase
        $start = "Process.Start" nocase
        $info = "ProcessStartInfo" nocase
        $eval = /\b(eval|execute|executeglobal)\s{0,2}\(?\s{0,2}Request/ nocase
        $shell = "WScript.Shell" nocase
        $load = "Assembly.Load" nocase
    condition:
        filesize < 2MB and $page and $request and any of ($start, $info, $eval, $shell, $load)
}

rule script_runs_request : web_shell
{
    strings:
        $cgi = "FieldStorage"
        $python = /\b(os\.(system|popen)|subprocess\.(Popen|call|run|check_output|getoutput))\s{0,2}\(/
        $flask = /\b(os\.(system|popen)|subprocess\.(Popen|call|run|check_output|getoutput)|eval|exec)\s{0,2}\(\s{0,2}(flask\.)?request\.(args|form|values|data|headers|cookies|json|get_data)/
        $node = /\b(exec|execSync|spawn|spawnSync|eval)\s{0,2}\(\s{0,2}req\.(query|body|params|headers|cookies)/
        $perl = /\b(system|exec)\s{0,2}\(?\s{0,2}\$?\w{0,20}->param\s{0,2}\(/
        $shell = /\b(eval|sh -c|bash -c)\s.{0,20}\$\{?(QUERY_STRING|HTTP_[A-Z_]+)/
    condition:
        filesize < 1MB and (($cgi and $python) or any of ($flask, $node, $perl, $shell))
}

// -- a shell tied to a connection -------------------------------------------------------

rule shell_on_device : reverse_shell
{
    strings:
        $a = /(ba|z|k|da)?sh\s{1,4}-i\s{0,4}[0-9]?(>&|&>|>|<>)\s{0,4}\/dev\/(tcp|udp)\//
        $b = /exec\s{1,4}[0-9]{1,3}<>\s{0,2}\/dev\/(tcp|udp)\//
        $c = /\b(nc|ncat|netcat|nc\.traditional)\s[^\n]{0,80}\s-(e|c)\s{0,2}["']?(\/bin\/|\/usr\/bin\/)?(ba|da|z|k)?sh\b/
        $d = /mk(fifo|nod)\s[^\n]{1,80}\|\s{0,4}(\/bin\/)?(ba)?sh\s{1,4}-i[^\n]{0,40}\|\s{0,4}(nc|ncat|netcat|telnet|openssl)/
        $e = /socat\s[^\n]{0,120}exec:[^\n]{0,20}(ba|da)?sh/ nocase
    condition:
        filesize < 4MB and any of them
}

rule script_with_shell_on_socket : reverse_shell
{
    strings:
        $python_socket = /socket\.socket\s{0,2}\(|import[^\n]{0,40}\bsocket\b/
        $python_dup = /os\.dup2\s{0,2}\(\s{0,2}\w{1,12}\.fileno/
        $python_run = /(subprocess\.(call|Popen|run)|pty\.spawn|os\.(system|execl|execve))\s{0,2}\(\s{0,2}\[?\s{0,2}["']\/?(bin\/)?(ba)?sh/
        $perl_socket = /\bsocket\s{0,2}\(\s{0,2}\w{1,6}\s{0,2},\s{0,2}PF_INET/
        $perl_dup = /open\s{0,2}\(\s{0,2}STDIN\s{0,2},\s{0,2}["'][<>]&/
        $php_socket = "fsockopen" nocase
        $php_run = /(proc_open|shell_exec|exec|system|popen)\s{0,2}\(\s{0,2}["'](\/bin\/)?(ba)?sh\s{1,2}-i/ nocase
        $ruby = /TCPSocket\.(new|open)[^\n]{0,200}exec[^\n]{0,40}sh\b/
    condition:
        filesize < 1MB and (($python_socket and $python_dup and $python_run) or
            ($perl_socket and $perl_dup) or ($php_socket and $php_run) or $ruby)
}

// -- miners -----------------------------------------------------------------------------

rule miner : miner
{
    strings:
        $url = /stratum[12]?\+(tcp|tls|ssl|udp):\/\/[a-z0-9\[]/ nocase
        $a = "xmrig" nocase
        $b = "donate-level"
        $c = "cryptonight" nocase
        $d = "randomx" nocase
        $e = "minexmr.com"
        $f = "supportxmr.com"
        $g = "moneroocean.stream"
        $h = "nanopool.org"
        $i = "c3pool."
        $j = "hashvault.pro"
        $k = "nicehash.com"
        $l = "herominers.com"
        $m = "kdevtmpfsi"
        $n = "kinsing"
        $o = /--coin[= ](monero|xmr)/
        $p = "mining.subscribe"
        $q = "lolMiner"
        $r = "2miners.com"
        $s = "rx/0"
    condition:
        $url or 2 of ($a, $b, $c, $d, $e, $f, $g, $h, $i, $j, $k, $l, $m, $n, $o, $p, $q, $r, $s)
}

// -- tunnels and proxies ------------------------------------------------------------------

rule tunnel : tunnel
{
    strings:
        $go_a = "github.com/fatedier/frp/"
        $go_b = "github.com/jpillora/chisel/"
        $go_c = "github.com/go-gost/"
        $go_d = "github.com/ginuerzh/gost"
        $go_e = "ehang.io/nps/"
        $go_f = "github.com/nicocha30/ligolo-ng/"
        $go_g = "github.com/EddieIvan01/iox"
        $go_h = "github.com/inconshreveable/ngrok"
        $go_i = "golang.ngrok.com/"
        $go_j = "github.com/Dliv3/Venom"
        $go_k = "github.com/ph4ntonn/Stowaway"
        $go_l = "github.com/yarrick/iodine"
        $go_m = "github.com/cloudflare/cloudflared/"
        $name_a = "ssocksd"
        $name_b = "rcsocks"
        $name_c = "lcx_slave"
        $name_d = "dnscat2"
        $name_e = "proxychains.conf"
        $name_f = "reGeorg" nocase
        $name_g = "microsocks"
        $name_h = "iodined"
        $frp_a = "[common]"
        $frp_b = /\bserver_?[aA]ddr\s{0,2}=/
        $frp_c = /\b(remote_?[pP]ort|plugin)\s{0,2}=/
    condition:
        (uint32(0) == 0x464c457f and any of ($go_*, $name_*)) or
        (filesize < 64KB and (($frp_a and $frp_b and $frp_c) or $name_f)) 
}

// -- tools of attackers -------------------------------------------------------------------

rule implant : attack_tool
{
    strings:
        $a = "github.com/bishopfox/sliver/"
        $b = "github.com/Ne0nd0g/merlin"
        $c = "github.com/MythicAgents/"
        $d = "metasploit"
        $e = "meterpreter" nocase
        $f = "mettle_"
        $g = "beacon.x64"
        $h = "github.com/HavocFramework/"
        $i = "github.com/chaos-"
        $j = "github.com/dominicbreuker/pspy"
        $k = "cdk-team/CDK"
        $l = "github.com/cyberark/kubeletctl"
        $m = "github.com/quarkslab/kdigger"
        $n = "inguardians/peirates"
        $o = "genuinetools/amicontained"
        $p = "github.com/projectdiscovery/nuclei"
        $q = "github.com/shadow1ng/fscan"
    condition:
        uint32(0) == 0x464c457f and (any of ($a, $b, $c, $h, $j, $k, $l, $m, $n, $o, $p, $q)
            or ($e and ($d or $f)) or ($g and $e) or ($i and $e))
}

rule survey_script : attack_tool
{
    strings:
        $a = "linpeas" nocase
        $b = "LinEnum"
        $c = "linux-exploit-suggester"
        $d = "deepce" nocase
        $e = "lse.sh"
        $f = "mimipenguin"
        $g = "LaZagne"
        $h = "/etc/shadow"
        $i = "-perm -4000"
        $j = "/proc/1/cgroup"
        $k = "getcap -r"
    condition:
        filesize < 4MB and uint16(0) == 0x2123 and
        (any of ($a, $b, $c, $d, $f, $g) or $e) and 1 of ($h, $i, $j, $k)
}

rule leaves_the_container : escape_tool
{
    strings:
        $agent = "release_agent"
        $notify = "notify_on_release"
        $core = "/proc/sys/kernel/core_pattern"
        $write = /(echo|printf|cat)[^\n]{0,200}>\s{0,2}\/proc\/sys\/kernel\/core_pattern/
        $enter = /nsenter\s[^\n]{0,60}(-t|--target)[ =]{0,2}1\b/
        $socket = /\/(docker|containerd|crio)\.sock/
        $create = "/containers/create"
        $bind = /"(Privileged|Binds)"/
        $runc = "#!/proc/self/exe"
        $runc_overwrite = "/proc/self/fd/%d"
        $modprobe = /(echo|printf)[^\n]{0,200}>\s{0,2}\/proc\/sys\/kernel\/modprobe/
    condition:
        filesize < 16MB and (($agent and $notify) or $write or ($enter and uint16(0) == 0x2123) or
            ($socket and $create and $bind) or ($runc and $runc_overwrite) or
            ($runc and $core) or $modprobe)
}

// -- rootkits ---------------------------------------------------------------------------

rule preloaded_library : rootkit
{
    strings:
        $a = "ld.so.preload"
        $b = "readdir"
        $c = "dlsym"
        $d = "process_to_filter"
        $e = "libprocesshider"
        $f = "pam_sm_authenticate"
    condition:
        uint32(0) == 0x464c457f and filesize < 8MB and uint16(16) == 3 and
        (($b and $c and $a) or ($b and $c and ($d or $f)) or $e)
}

rule known_rootkit : rootkit
{
    strings:
        $a = "diamorphine" nocase
        $b = "reptile_module"
        $c = "azazel" nocase
        $d = "bedevil"
        $e = "vlany"
        $f = "LD_BEDEVIL"
        $g = "Symbiote"
        $h = "hide_proc"
        $i = "give_root"
        $j = "suterusu"
    condition:
        uint32(0) == 0x464c457f and (any of ($b, $d, $f, $j) or ($a and $i) or
            ($c and $h) or ($e and $i) or ($g and $h))
}

// -- one thing inside another ---------------------------------------------------------------

rule script_in_picture : hidden_payload
{
    strings:
        $php = "<?php"
        $php_short = /<\?=?\s{0,4}(eval|system|assert|passthru|exec)\s{0,4}\(/
        $shell = /#!\/(usr\/)?bin\/(env )?(ba|da)?sh\n/
        $jsp = /<%@?\s{0,4}page\s{1,4}(import|language)=/
    condition:
        (uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint32be(0) == 0x47494638 or
            uint32be(0) == 0x25504446 or uint32be(0) == 0x00000100) and any of them
}

rule program_in_picture : hidden_payload
{
    strings:
        $elf = { 7f 45 4c 46 (01 | 02) 01 01 ?? 00 00 00 00 00 00 00 00 (02 | 03) 00 (3e | 03 | b7 | 28) 00 }
    condition:
        (uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint32be(0) == 0x47494638 or
            uint32be(0) == 0x25504446) and $elf
}

rule program_in_text : hidden_payload
{
    strings:
        $shebang = "#!"
        $elf = "f0VMRgIBAQ"  // base64 of an ELF header
        $decode = /base64\s{1,2}(-d|--decode|-D)|b64decode/
    condition:
        $shebang at 0 and $elf and $decode
}

// -- scripts that fetch and run ---------------------------------------------------------------

rule fetches_and_runs : downloader
{
    strings:
        $pipe = /\b(curl|wget)\s[^|\n]{3,300}\|\s{0,4}(sudo\s{1,4})?(ba|da|z)?sh\b/
        $temporary = /\b(curl|wget)\s[^\n]{3,300}\/(tmp|var\/tmp|dev\/shm)\/[^\n]{0,200}(chmod|sh\s)/
        $decode = /base64\s{1,2}(-d|--decode|-D)[^\n|]{0,40}\|\s{0,4}(ba|da|z)?sh\b/
        $python = /python[0-9.]{0,4}\s{1,4}-c\s{1,4}["'][^\n]{0,300}urlopen[^\n]{0,200}exec/
    condition:
        filesize < 1MB and any of them and
        (uint16(0) == 0x2123 or filepath contains "cron" or filepath contains "/init" or
            filepath contains "profile" or filepath contains "rc")
}

// A ptrace for User-Mode Linux on processors with AMX. To give a process its floating point
// registers, Linux wants all of the state that the processor has (xstateregs_set of
// arch/x86/kernel/fpu/regset.c), which is 11,008 bytes with AMX (CPUID, leaf 13). User-Mode
// Linux 5.10, 6.1 and 6.12 give it less, and panic when they start the first process; 7.2
// boots without this.
//
// The library is loaded before the C library (LD_PRELOAD). It needs no headers, so that the
// compiler alone is enough.

#define PTRACE_PEEKUSER 3 // and below: PTRACE_PEEKTEXT and PTRACE_PEEKDATA
#define PTRACE_GETREGSET 0x4204
#define PTRACE_SETREGSET 0x4205
#define NT_X86_XSTATE 0x202
#define SYS_ptrace 101
#define EFAULT 14

// The state has a bit for each of its components at this offset (XSTATE_BV). Those of AMX,
// which come last, are 17 and 18. Without their bits they are as in a new process.
#define COMPONENTS 512
#define AMX (3UL << 17)

struct iovec {
	void *base;
	unsigned long len;
};

long syscall(long number, ...);
int *__errno_location(void);

// setState sets the state of a process, of which the caller has the first part. There is
// one caller at a time, on a stack that has no room for a state.
static long setState(long pid, const struct iovec *part)
{
	static char state[1 << 16] __attribute__((aligned(64)));
	static unsigned long size; // 0 as long as the caller's has been enough
	struct iovec all = { state, sizeof state };

	if (size == 0) {
		long result = syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, part);
		if (result == 0 || *__errno_location() != EFAULT)
			return result;
		if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &all) < 0)
			return -1;
		size = all.len;
	}

	for (unsigned long i = 0; i < part->len && i < size; i++)
		state[i] = ((const char *)part->base)[i];
	*(unsigned long *)(state + COMPONENTS) &= ~AMX;
	all.len = size;
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &all);
}

long ptrace(long request, long pid, long addr, void *data)
{
	if (request == PTRACE_SETREGSET && addr == NT_X86_XSTATE)
		return setState(pid, data);

	// The C library returns what the system call writes to its last argument.
	if (request > 0 && request <= PTRACE_PEEKUSER) {
		long word;
		if (syscall(SYS_ptrace, request, pid, addr, &word) < 0)
			return -1;
		*__errno_location() = 0;
		return word;
	}
	return syscall(SYS_ptrace, request, pid, addr, data);
}

package dev.gatehouse.wireguard.crypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// The functions of OpenSSL's libcrypto that the data path calls. Pointers travel as `long`.
///
/// The handles are constants, so that the compiler makes a plain call of each. No
/// `Linker.Option.critical`: it leaves the upper halves of vector registers dirty, which costs
/// libcrypto's vector code more than the transition saves.
///
/// An environment variable `OPENSSL_ia32cap` that is set but empty turns libcrypto's vector code
/// off and makes it several times slower.
@SuppressWarnings("restricted")
final class Libcrypto {
    static final int EVP_CTRL_AEAD_GET_TAG = 0x10;
    static final int EVP_CTRL_AEAD_SET_TAG = 0x11;

    private static final String LIBRARY = "libcrypto.so.3";
    private static final Optional<SymbolLookup> SYMBOLS = load();

    private static final MethodHandle CIPHER = bind("EVP_chacha20_poly1305", JAVA_LONG);
    private static final MethodHandle CTX_NEW = bind("EVP_CIPHER_CTX_new", JAVA_LONG);
    private static final MethodHandle CTX_FREE = bindVoid("EVP_CIPHER_CTX_free", JAVA_LONG);
    private static final MethodHandle CTX_CTRL =
            bind("EVP_CIPHER_CTX_ctrl", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle CIPHER_INIT =
            bind(
                    "EVP_CipherInit_ex",
                    JAVA_INT,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_INT);
    private static final MethodHandle CIPHER_UPDATE =
            bind(
                    "EVP_CipherUpdate",
                    JAVA_INT,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_LONG,
                    JAVA_INT);
    private static final MethodHandle CIPHER_FINAL =
            bind("EVP_CipherFinal_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final MethodHandle MAC_FETCH =
            bind("EVP_MAC_fetch", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MAC_FREE = bindVoid("EVP_MAC_free", JAVA_LONG);
    private static final MethodHandle MAC_CTX_NEW = bind("EVP_MAC_CTX_new", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MAC_CTX_FREE = bindVoid("EVP_MAC_CTX_free", JAVA_LONG);
    private static final MethodHandle MAC_INIT =
            bind("EVP_MAC_init", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MAC_UPDATE =
            bind("EVP_MAC_update", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MAC_FINAL =
            bind("EVP_MAC_final", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private Libcrypto() {}

    private static Optional<SymbolLookup> load() {
        try {
            return Optional.of(SymbolLookup.libraryLookup(LIBRARY, Arena.global()));
        } catch (IllegalArgumentException | IllegalCallerException _) {
            return Optional.empty(); // not installed, or native access is not enabled
        }
    }

    private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(result, arguments));
    }

    private static MethodHandle bindVoid(String name, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.ofVoid(arguments));
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        return SYMBOLS.flatMap(symbols -> symbols.find(name))
                .map(address -> Linker.nativeLinker().downcallHandle(address, descriptor))
                .orElse(null);
    }

    /// Whether the library and all its functions were found.
    static boolean isAvailable() {
        return Stream.of(
                        CIPHER,
                        CTX_NEW,
                        CTX_FREE,
                        CTX_CTRL,
                        CIPHER_INIT,
                        CIPHER_UPDATE,
                        CIPHER_FINAL,
                        MAC_FETCH,
                        MAC_FREE,
                        MAC_CTX_NEW,
                        MAC_CTX_FREE,
                        MAC_INIT,
                        MAC_UPDATE,
                        MAC_FINAL)
                .allMatch(Objects::nonNull);
    }

    static long cipher() {
        try {
            return (long) CIPHER.invokeExact();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static long contextNew() {
        try {
            return (long) CTX_NEW.invokeExact();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void contextFree(long context) {
        try {
            CTX_FREE.invokeExact(context);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static int control(long context, int type, int argument, long pointer) {
        try {
            return (int) CTX_CTRL.invokeExact(context, type, argument, pointer);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /// Zero for `cipher` or `key` keeps what the context has.
    static int init(long context, long cipher, long key, long nonce, int encrypt) {
        try {
            return (int) CIPHER_INIT.invokeExact(context, cipher, 0L, key, nonce, encrypt);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static int update(long context, long out, long outLength, long in, int inLength) {
        try {
            return (int) CIPHER_UPDATE.invokeExact(context, out, outLength, in, inLength);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static int finish(long context, long out, long outLength) {
        try {
            return (int) CIPHER_FINAL.invokeExact(context, out, outLength);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /// A new context of the named MAC, 0 if libcrypto does not have it.
    static long macContextNew(String name) {
        try (var arena = Arena.ofConfined()) {
            long mac = (long) MAC_FETCH.invokeExact(0L, arena.allocateFrom(name).address(), 0L);
            long context = (long) MAC_CTX_NEW.invokeExact(mac);
            MAC_FREE.invokeExact(mac); // the context keeps its own reference
            return context;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void macContextFree(long context) {
        try {
            MAC_CTX_FREE.invokeExact(context);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static int macInit(long context, long key, long keyLength) {
        try {
            return (int) MAC_INIT.invokeExact(context, key, keyLength, 0L);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static int macUpdate(long context, long in, long inLength) {
        try {
            return (int) MAC_UPDATE.invokeExact(context, in, inLength);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static int macFinish(long context, long out, long outLength, long outSize) {
        try {
            return (int) MAC_FINAL.invokeExact(context, out, outLength, outSize);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /// The whole address space: for code that has checked its bounds against a buffer itself.
    static MemorySegment allMemory() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("call of libcrypto failed", e);
    }
}

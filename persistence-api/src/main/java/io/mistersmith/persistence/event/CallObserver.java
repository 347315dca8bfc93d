package io.mistersmith.persistence.event;

import java.util.Optional;

/**
 * Observes the calls into the stores, for traces. Called on the threads that make the calls, and on
 * the engine's own: return quickly and do not call back into the library. What an observer throws
 * is logged, and the call goes on unobserved.
 *
 * <p>A write to NATS carries the text of its {@link Scope#trace} in the entry's headers. When
 * PostgreSQL has the entry, whichever process flushes it begins a {@link Kind#PROCESS} call with
 * that text, so that one trace leads from the caller to the row. Of each batch the first {@value
 * #MOST_TRACES_A_BATCH} entries with a trace are observed so.
 */
@FunctionalInterface
public interface CallObserver {

  /** How many entries of a batch are observed each by itself. */
  int MOST_TRACES_A_BATCH = 16;

  /** Observes nothing. The engine does not call it at all. */
  CallObserver NOOP = call -> Scope.NOOP;

  /** Begins to observe a call. */
  Scope begin(Call call);

  /** What a call does. */
  enum Kind {
    /** It asks a store, and gets an answer. */
    REQUEST,
    /** It stores an entry in NATS, whose journal brings it to PostgreSQL later. */
    SEND,
    /** It brings an entry from the journal to PostgreSQL. */
    PROCESS
  }

  /**
   * A call into a store, with its repetitions.
   *
   * @param kind what it does
   * @param store {@code nats} or {@code postgresql}
   * @param role the bucket, or the role of the connections
   * @param operation the kind of call, such as {@code StateStore.find}
   * @param target the bucket's full name, or the table; empty for a transaction
   * @param namespace the name of the database; empty for NATS
   * @param size how many entries it is about
   * @param onThread whether it ends on the thread that begins it, before any call that began
   *     earlier on this thread; an observer may then make it the thread's present one
   * @param trace the trace that a {@link Kind#PROCESS} call continues, of the write's {@link
   *     Scope#trace}
   */
  record Call(
      Kind kind,
      String store,
      String role,
      String operation,
      Optional<String> target,
      Optional<String> namespace,
      int size,
      boolean onThread,
      Optional<String> trace) {}

  /** A call that is being observed. */
  interface Scope {

    /** Observes nothing. */
    Scope NOOP =
        new Scope() {
          @Override
          public Optional<String> trace() {
            return Optional.empty();
          }

          @Override
          public Scope begin(Call part) {
            return this;
          }

          @Override
          public void end(Optional<? extends Throwable> failure) {}
        };

    /** Returns the text that travels with an entry that this call stores; such as a traceparent. */
    Optional<String> trace();

    /** Begins a part of this call. */
    Scope begin(Call part);

    /**
     * Ends the call. Called once, on any thread unless the call is one {@link Call#onThread}.
     *
     * @param failure what it failed with; empty when it succeeded
     */
    void end(Optional<? extends Throwable> failure);
  }
}

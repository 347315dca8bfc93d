package io.mistersmith.persistence.security;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The encryption of this runtime's entries, and its data keys. Where none is configured, all calls
 * but {@link #mode} and {@link #destroy} fail as {@code MISCONFIGURED}. Thread-safe.
 */
public interface Encryption {

  /** Returns the mode; empty where entries are not encrypted. */
  Optional<Mode> mode();

  /**
   * Rewrites each entry of AGENT_STATE that is not encrypted, or whose data key is older than
   * {@link Rotation#since}, by compare-and-set: a writer that is faster wins, and its entry needs
   * no rewrite. Returns when the last one is rewritten. To stop, throw from {@code progress}; to go
   * on, in another process too, call again with the last rotation that was passed to it.
   *
   * <p>Entries of logs, chunks of large values, checkpoints and dead letters are never rewritten.
   * Their data keys stay until {@link #destroy}. Entries in KV alone end by themselves.
   *
   * @param progress is passed the rotation after each page of keys
   * @return the rotation at its end
   */
  Rotation rotate(Rotation from, Consumer<Rotation> progress);

  /**
   * Wraps all data keys that another master key wrapped by the configured one. Afterwards the other
   * master key is no longer needed. Entries stay as they are.
   *
   * @return how many were wrapped
   */
  int rewrap();

  /**
   * Destroys the data keys of a subject: what they encrypted can be read no more, in no store, copy
   * or backup. Other processes use the keys for up to 10 seconds more, or while PostgreSQL does not
   * answer them for their {@link EncryptionConfig#cacheLifetime}: what they encrypt in that time is
   * lost, too. A backup of PostgreSQL keeps the wrapped key; destroy the master key, too, where
   * such a backup counts.
   *
   * @return how many keys were destroyed
   */
  int destroy(String subject);

  /**
   * How far a rotation is.
   *
   * @param since keys that were made before this time are replaced
   * @param after the last key that was looked at; empty at the beginning
   * @param seen how many entries were looked at
   * @param rewritten how many of them were rewritten
   * @param failed how many could not be read or written, and stay as they are
   * @param isDone whether there are no more
   */
  record Rotation(
      Instant since,
      Optional<StateKey> after,
      long seen,
      long rewritten,
      long failed,
      boolean isDone) {

    /** Returns the beginning of a rotation to new data keys, made from this time on. */
    public static Rotation since(Instant time) {
      return new Rotation(time, Optional.empty(), 0, 0, 0, false);
    }

    /** Returns the beginning of a rotation that encrypts what is not, and nothing else. */
    public static Rotation ofPlaintext() {
      return since(Instant.EPOCH);
    }
  }
}

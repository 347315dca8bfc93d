package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Encrypts the entries of one type of data. Descriptions of large values stay as they are: the
 * flush reads them, and the chunks that they name are encrypted.
 */
final class EntrySealing implements Sealing {

  private final EncryptionConfig config;
  private final DataKeys keys;
  private final Binding binding;
  private final SecureRandom random = new SecureRandom();

  EntrySealing(EncryptionConfig config, DataKeys keys, Binding binding) {
    this.config = config;
    this.keys = keys;
    this.binding = binding;
  }

  @Override
  public boolean isOn() {
    return true;
  }

  @Override
  public byte[] seal(StateKey key, byte[] json) {
    return isPlain(key)
        ? json
        : SealedJson.write(named(key, () -> seal(key, binding.of(key), json)));
  }

  private static boolean isPlain(StateKey key) {
    return key.type().equals(StateKey.LARGE);
  }

  private byte[] seal(StateKey key, byte[] bound, byte[] plain) {
    byte[] nonce = new byte[SealedForm.NONCE];
    random.nextBytes(nonce);
    DataKey dataKey = keys.toEncrypt(subject(key));
    return SealedForm.seal(dataKey, nonce, bound, plain);
  }

  /**
   * Returns whose data key encrypts the entry. Results of queries and copies of sessions have
   * owners that are nobody: a query, or the hash of a token.
   */
  private String subject(StateKey key) {
    boolean isNobodys =
        switch (binding.type()) {
          case QUERY_CACHE -> true;
          case SESSION_DATA -> isReserved(key.type());
          default -> false;
        };
    return isNobodys ? EncryptionConfig.SHARED : config.subject(key.agent());
  }

  private static boolean isReserved(String type) {
    return !type.equals(StateKey.UNTYPED) && !StateKey.isTypeName(type);
  }

  @Override
  public byte[] open(StateKey key, byte[] stored) {
    if (isPlain(key)) {
      return stored;
    }
    return named(
        key,
        () -> {
          try {
            return open(SealedJson.read(stored), binding.of(key), stored);
          } catch (DamagedException e) {
            throw unreadable(e);
          }
        });
  }

  private byte[] open(Optional<byte[]> sealed, byte[] bound, byte[] stored)
      throws DamagedException {
    if (sealed.isPresent()) {
      return SealedForm.open(sealed.get(), keys::find, bound);
    }
    if (config.mode() == Mode.STRICT) {
      throw new DamagedException(
          "it is not encrypted, and encryption.mode is STRICT; where it was written before"
              + " encryption, use MIGRATION until all entries are rewritten");
    }
    return stored;
  }

  @Override
  public byte[] sealPart(StateKey whole, Part part, byte[] bytes) {
    return SealedParts.write(named(whole, () -> seal(whole, binding.of(part), bytes)));
  }

  @Override
  public byte[] openPart(StateKey whole, Part part, byte[] stored) {
    return named(
        whole,
        () -> {
          try {
            return open(SealedParts.read(stored), binding.of(part), stored);
          } catch (DamagedException e) {
            throw unreadable(e);
          }
        });
  }

  @Override
  public int partOverhead() {
    return SealedParts.OVERHEAD;
  }

  /** Whether an entry is not encrypted, or by a data key that was made before this time. */
  boolean isOlder(StateKey key, byte[] stored, Instant time) {
    return named(
        key,
        () -> {
          try {
            Optional<byte[]> sealed = SealedJson.read(stored);
            return sealed.isEmpty()
                || (time.isAfter(Instant.EPOCH)
                    && keys.find(SealedForm.keyId(sealed.get())).createdAt().isBefore(time));
          } catch (DamagedException e) {
            throw unreadable(e);
          }
        });
  }

  private static NonTransientPersistenceException unreadable(DamagedException e) {
    return new NonTransientPersistenceException(
        DataError.UNREADABLE, "the value cannot be decrypted: " + e.getMessage(), e);
  }

  private static <R> R named(StateKey key, Supplier<R> call) {
    try {
      return call.get();
    } catch (TransientPersistenceException e) {
      throw new TransientPersistenceException(e.error(), message(key, e), e);
    } catch (NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(e.error(), message(key, e), e);
    }
  }

  private static String message(StateKey key, PersistenceException e) {
    return "key " + key + ": " + e.getMessage();
  }
}

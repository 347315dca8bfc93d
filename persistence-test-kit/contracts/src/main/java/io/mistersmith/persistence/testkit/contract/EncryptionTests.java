package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * The common part of the contracts about encryption. {@link #persistence()} does not encrypt: it
 * stands for a runtime without encryption, and for an attacker with access to the stores.
 */
abstract class EncryptionTests extends PersistenceContract {

  static final String MARKER = "m4rk3d";

  final SwitchedKeys keys = new SwitchedKeys();

  static EncryptionConfig.Builder by(SwitchedKeys keys) {
    return EncryptionConfig.builder(keys, SwitchedKeys.MAIN);
  }

  final EncryptionConfig.Builder encryption() {
    return by(keys);
  }

  /** Opens another runtime that encrypts. */
  final Persistence encrypted() {
    return encrypted(encryption());
  }

  final Persistence encrypted(EncryptionConfig.Builder how) {
    return open(config().encryption(how.build()).build());
  }

  final Instant now() {
    return config().build().clock().instant();
  }

  final HotBucket bucket(Bucket bucket) {
    return stores().hot().bucket(bucket);
  }

  /** Returns what the bucket of agents' state holds. */
  final byte[] stored(StateKey key) {
    return bucket(Bucket.AGENT_STATE).reads().get(key, ReadFrom.LEADER).orElseThrow().value();
  }

  /** Writes past the engine. */
  final void store(StateKey key, byte[] value) {
    long unused =
        bucket(Bucket.AGENT_STATE)
            .writes()
            .publish(key, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY);
  }

  /** Returns the encrypted bytes in an entry's JSON. */
  static byte[] sealed(byte[] json) {
    String text = new String(json, StandardCharsets.UTF_8);
    assertThat(text).startsWith("{\"$sealed\":\"").endsWith("\"}");
    return Base64.getDecoder().decode(text.substring(12, text.length() - 2));
  }

  static byte[] json(byte[] sealed) {
    return ("{\"$sealed\":\"" + Base64.getEncoder().encodeToString(sealed) + "\"}")
        .getBytes(StandardCharsets.UTF_8);
  }

  final UUID dataKey(StateKey key) {
    ByteBuffer id = ByteBuffer.wrap(sealed(stored(key)), 1, 16);
    return new UUID(id.getLong(), id.getLong());
  }

  static void assertFails(DataError error, boolean isTransient, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(error);
              assertThat(e.isTransient()).isEqualTo(isTransient);
              assertThat(e.getMessage()).doesNotContain(MARKER);
            });
  }

  static void assertUnreadable(ThrowingCallable call) {
    assertFails(DataError.UNREADABLE, false, call);
  }
}

package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.Random;

/** The common part of the contracts about large values. */
abstract class LargeValueTests extends PersistenceContract {

  static final int CHUNK = 256 * 1024;
  static final SaveOptions NO_OPTION = SaveOptions.unconditional();

  final LargeValues large() {
    return persistence().largeValues();
  }

  final StateRepository<Description> descriptions() {
    return large().descriptions();
  }

  static byte[] bytes(int size, long seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  final Versioned<Description> write(StateKey key, byte[] bytes) throws IOException {
    return large().write(key, new ByteArrayInputStream(bytes), NO_OPTION);
  }

  static Optional<byte[]> read(Persistence runtime, StateKey key) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return runtime.largeValues().read(key, out).map(description -> out.toByteArray());
  }

  final void assertHolds(Persistence runtime, StateKey key, byte[] bytes) throws IOException {
    assertThat(read(runtime, key).orElseThrow()).as("%s", key).isEqualTo(bytes);
  }

  final void flush(StateKey key) {
    descriptions().flush(key, SOON);
  }
}

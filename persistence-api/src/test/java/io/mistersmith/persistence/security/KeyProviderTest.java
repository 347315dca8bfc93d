package io.mistersmith.persistence.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyProviderTest {

  private static final byte[] DATA_KEY = {1, 2, 3};
  private static final String TEXT = Base64.getEncoder().encodeToString(new byte[32]);

  @TempDir Path directory;

  private static void assertUnreadable(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.UNREADABLE);
              assertThat(e.isTransient()).isFalse();
              assertThat(e.getMessage()).doesNotContain(TEXT.substring(0, 20));
            });
  }

  private Path file(String id, String text) throws IOException {
    Path file = Files.writeString(directory.resolve(id + ".key"), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
  }

  @Test
  void whatIsWrappedIsUnwrapped() {
    KeyProvider keys = KeyProvider.inMemory(Map.of("a", new byte[32]));
    byte[] wrapped = keys.wrap("a", DATA_KEY);

    assertThat(keys.unwrap("a", wrapped)).isEqualTo(DATA_KEY);
    assertThat(keys.wrap("a", DATA_KEY)).as("another nonce").isNotEqualTo(wrapped);
  }

  @Test
  void noByteCanBeChangedAndNoOtherKeyUnwraps() {
    byte[] other = new byte[32];
    other[0] = 1;
    KeyProvider keys =
        KeyProvider.inMemory(Map.of("a", new byte[32], "b", new byte[32], "c", other));
    byte[] wrapped = keys.wrap("a", DATA_KEY);
    for (int i = 0; i < wrapped.length; i++) {
      byte[] changed = wrapped.clone();
      changed[i] ^= 1;
      assertUnreadable(() -> keys.unwrap("a", changed));
    }
    assertUnreadable(() -> keys.unwrap("a", new byte[0]));
    assertUnreadable(() -> keys.unwrap("b", wrapped));
    assertUnreadable(() -> keys.unwrap("c", wrapped));
    assertUnreadable(() -> keys.unwrap("d", wrapped));
  }

  @Test
  void aFileHasAKey() throws IOException {
    Path unused = file("main", TEXT + "\n");
    KeyProvider keys = KeyProvider.ofFiles(directory);

    assertThat(keys.unwrap("main", keys.wrap("main", DATA_KEY))).isEqualTo(DATA_KEY);
    assertUnreadable(() -> keys.wrap("other", DATA_KEY));
  }

  @Test
  void aFileThatEverybodyReadsOrOfAnotherContentIsRefused() throws IOException {
    Path open = file("open", TEXT);
    Path unused = Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    Path unusedShort = file("short", "AAAA");
    Path unusedText = file("text", "no base64!");
    KeyProvider keys = KeyProvider.ofFiles(directory);

    assertUnreadable(() -> keys.wrap("open", DATA_KEY));
    assertUnreadable(() -> keys.wrap("short", DATA_KEY));
    assertUnreadable(() -> keys.wrap("text", DATA_KEY));
  }

  @Test
  void aVariableHasAKey() {
    KeyProvider keys = new LocalKeys(new KeyVariables("KEY_", Map.of("KEY_MAIN_1", TEXT)::get));

    assertThat(keys.unwrap("main/1", keys.wrap("main/1", DATA_KEY))).isEqualTo(DATA_KEY);
    assertUnreadable(() -> keys.wrap("other", DATA_KEY));
  }
}

package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerProgramsTest {

  @TempDir Path directory;

  @Test
  void saysWhatAProgramThatFailedHasPrinted() throws IOException {
    Scripts.write(directory, "initdb", "echo 'initdb: error: cannot be run as root' >&2; exit 1");
    ServerPrograms programs =
        ServerPrograms.of(List.of(directory), directory.resolve("servers.log"));
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> programs.run("initdb", List.of()))
        .withMessageContaining("exit code 1")
        .withMessageContaining("cannot be run as root");
  }
}

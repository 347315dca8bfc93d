package io.mistersmith.persistence.core.module;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application in a named module tests itself with the test kit's module. */
class ModulePathTest {

  @Test
  void opensInMemory(@TempDir Path folder) throws Exception {
    ModuleProgram program =
        ModuleProgram.compile(
            "in-memory",
            folder.resolve("classes"),
            "io.mistersmith.persistence.testkit.memory.InMemoryStores");
    assertThat(program.run())
        .contains(
            "done, in module io.mistersmith.example with module io.mistersmith.persistence.core");
  }
}

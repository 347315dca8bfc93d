package io.mistersmith.persistence.core.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application in a named module, which needs the API's module alone, finds the engine. */
class ModulePathIT {

  @Test
  void opensOnServers(@TempDir Path folder) throws Exception {
    ModuleProgram program = ModuleProgram.compile("on-servers", folder.resolve("classes"));
    PostgresServer postgres = TestServers.postgres();
    String name = "modules_" + System.nanoTime();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                TestServers.nats().url(),
                name + "-",
                postgres.createDatabase(name),
                postgres.user()));
    postgres.password().ifPresent(arguments::add);
    assertThat(program.run(arguments.toArray(String[]::new)))
        .contains(
            "done, in module io.mistersmith.example with module io.mistersmith.persistence.core");
  }
}

package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.contract.MarkedAgent;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kills a process while it forgets an agent, at one of its calls into the stores. The next one
 * removes all that is left.
 */
@Tag("fault")
class ForgettingUnderKillsIT {

  @TempDir private static Path directory;

  private static FaultServers servers;
  private static Installation installation;
  private static Persistence persistence;
  private static AgentId other;

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
    installation = servers.installation();
    persistence = Persistence.open(installation.config());
    other = persistence.agents().save(Agent.of("other", "one")).value().id();
  }

  @AfterAll
  static void stop() {
    persistence.close();
    servers.close();
  }

  @ParameterizedTest
  @CsvSource({
    "SQL_WRITE, 1",
    "SQL_WRITE, 4",
    "SQL_WRITE, 8",
    "SQL_WRITE, 16",
    "SQL_WRITE, 24",
    "PUBLISH, 0",
    "PUBLISH, 1"
  })
  void whatIsLeftIsRemovedByTheNext(Call call, int number) throws IOException {
    String marker = "killed" + call.name().replace("_", "") + "x" + number + "x";
    MarkedAgent marked = MarkedAgent.write(persistence, marker, other);
    assertThat(tablesWith(marker)).hasSizeGreaterThan(10);
    List<String> arguments = List.of(marked.id().toString(), call.name(), Integer.toString(number));
    try (ChildJvm child =
        ChildJvm.start(
            ForgettingProcess.class,
            installation.asArguments(arguments),
            Map.of(),
            directory.resolve("forgetting.log"))) {
      assertThat(child.stdout().readLine()).isIn("at", "done");
      child.kill();
    }

    assertThat(persistence.forgetting().forget(marked.id()).endedAt()).isPresent();
    assertThat(tablesWith(marker)).isEmpty();
    assertThat(persistence.agents().find(marked.id())).isEmpty();
  }

  private static List<String> tablesWith(String text) {
    List<String> found = new ArrayList<>();
    for (String table :
        installation.query(
            "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relkind IN ('r', 'p')"
                + " AND NOT c.relispartition AND c.relnamespace::regnamespace::text IN ('agents',"
                + " 'tasks', 'messages', 'sessions', 'knowledge', 'sagas')")) {
      String rows = "SELECT 1 FROM %s AS t WHERE t::text LIKE '%%%s%%' LIMIT 1";
      if (!installation.query(rows.formatted(table, text)).isEmpty()) {
        found.add(table);
      }
    }
    return found;
  }
}

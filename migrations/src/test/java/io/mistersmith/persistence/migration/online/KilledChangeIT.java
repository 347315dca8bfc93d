package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Kills the process of an online change while other sessions write to the table. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {18})
class KilledChangeIT extends RunsOnlineChanges {
  @TempDir Path folder;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  KilledChangeIT(int majorVersion) {}

  @Test
  void anotherProcessGoesOnWhereTheKilledOneStopped() throws Exception {
    String table = table("killed", 2_000);
    OnlineChangeReport rest;
    try (WriteLoad load = WriteLoad.start(database, table, 2_000, 2, Duration.ofMillis(5));
        ChildJvm child =
            ChildJvm.start(
                Child.class,
                List.of(
                    database.getURL(),
                    String.valueOf(database.getUser()),
                    database.getPassword() == null ? "" : database.getPassword()),
                Map.of(),
                folder.resolve("child.log"))) {
      for (int i = 0; i < 20; i++) {
        assertThat(child.stdout().readLine()).as("batch %d", i).isEqualTo("copy");
      }
      child.kill();
      assertThat(one("SELECT state FROM migrations.online_changes")).isEqualTo("copying");

      rest = change(database, PATIENT, ProgressListener.NONE).run();

      load.stop();
      assertThat(load.lostIn(table)).isZero();
      assertThat(load.lostIn(table + "_old")).isZero();
    }
    assertThat(rest.rowsSeen()).isPositive().isLessThan(1_900);
    assertThat(one("SELECT state FROM migrations.online_changes")).isEqualTo("cut_over");
  }

  private static ShadowTable change(
      PGSimpleDataSource dataSource, Pacing pacing, ProgressListener listener) {
    return ShadowTable.builder()
        .dataSource(dataSource)
        .table("app.killed")
        .definition(WIDER)
        .pacing(pacing.withLocks(Duration.ofSeconds(2), 40, Duration.ofMillis(20)))
        .listener(listener)
        .build();
  }

  /** The process that is killed: tells each batch. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      PGSimpleDataSource dataSource = new PGSimpleDataSource();
      dataSource.setURL(args[0]);
      dataSource.setUser(args[1]);
      dataSource.setPassword(args[2]);
      change(
              dataSource,
              PATIENT.withBatchSize(10, 10).withPause(Duration.ofMillis(20)),
              progress -> System.out.println(progress.phase()))
          .run();
    }
  }
}

package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.ProgramFailedException;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgramRunTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private ProgramRun run(String lines) throws IOException {
    return run(lines, PATIENCE);
  }

  private ProgramRun run(String lines, Duration longestSilence) throws IOException {
    return new ProgramRun(
        Scripts.dump(directory, lines),
        List.of("an argument"),
        Map.of("PGPASSWORD", "secret"),
        longestSilence);
  }

  private static PersistenceException failureOf(ProgramRun run) {
    return catchThrowableOfType(
        PersistenceException.class, () -> run.read(in -> in.readAllBytes()));
  }

  @Test
  void whatItWritesIsHandedOver() throws IOException {
    StringBuilder found = new StringBuilder();
    run("echo \"$1, $PGPASSWORD, $PGHOST, $LC_ALL\"")
        .read(in -> found.append(new String(in.readAllBytes(), UTF_8)));
    assertThat(found).hasToString("an argument, secret, , C\n");
  }

  /** A script of the past called a dump of a missing database a success. */
  @Test
  void anExitCodeIsAFailureWhateverWasWritten() throws IOException {
    PersistenceException failure =
        failureOf(
            run(
                """
                echo content
                echo 'pg_dump: error: out of ideas' >&2
                echo 'DETAIL: a value' >&2
                exit 3
                """));
    assertThat(failure).hasMessageContaining("exit code 3").hasMessageContaining("out of ideas");
    assertThat(failure.getCause())
        .isInstanceOfSatisfying(
            ProgramFailedException.class,
            cause -> {
              assertThat(cause.program()).isEqualTo("pg_dump");
              assertThat(cause.exitCode()).isEqualTo(3);
              assertThat(cause.stderr()).isEqualTo("pg_dump: error: out of ideas");
            });
  }

  @Test
  void aKilledProgramIsAFailure() throws IOException {
    assertThat(failureOf(run("echo content; kill -9 $$")).getCause())
        .isInstanceOfSatisfying(
            ProgramFailedException.class, cause -> assertThat(cause.exitCode()).isEqualTo(137));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "connection to server failed: FATAL: password authentication failed|ACCESS_DENIED|false",
        "connection to server failed: Connection refused | CONNECTION_FAILED | true",
        "aborting because of server version mismatch | MISCONFIGURED | false",
        "can only write single tablespace to stdout, database has 2 | MISCONFIGURED | false",
        "FATAL:  the database system is starting up | UNAVAILABLE | true",
        "could not write to file: No space left on device | STORE_FULL | false",
        "FATAL:  database \"x\" does not exist | NOT_FOUND | false",
        "ERROR:  relation \"t\" already exists | DUPLICATE_KEY | false",
        "ERROR:  duplicate key value violates unique constraint \"n\" | DUPLICATE_KEY | false",
        "something else | CONSISTENCY_VIOLATION | false"
      })
  void theKindOfAFailureIsReadFromItsMessage(String message, DataError error, boolean passes) {
    PersistenceException failure = ProgramFailures.of("pg_dump", 1, "pg_dump: error: " + message);
    assertThat(failure.error()).isEqualTo(error);
    assertThat(failure.isTransient()).isEqualTo(passes);
  }

  @Test
  void aSilentProgramIsEnded() throws IOException {
    PersistenceException failure =
        failureOf(run("echo content; exec sleep 600", Duration.ofMillis(200)));
    assertThat(failure.error()).isEqualTo(DataError.TIMEOUT);
  }

  /** Much on standard error must not stop it: somebody has to read that, too. */
  @Test
  void manyErrorsDoNotBlockIt() throws IOException {
    StringBuilder found = new StringBuilder();
    run("""
    i=0
    while [ $i -lt 5000 ]; do
      echo "line $i of many that nobody reads" >&2
      i=$((i+1))
    done
    echo done
    """)
        .read(in -> found.append(new String(in.readAllBytes(), UTF_8)));
    assertThat(found).hasToString("done\n");
  }

  /** Half an input that ends cleanly would be taken for a whole one, and committed. */
  @Test
  void anInputThatFailsHasNoEnd() throws IOException {
    Path committed = directory.resolve("committed");
    ProgramRun run = run("cat > /dev/null; touch '" + committed + "'");
    PersistenceException failure =
        catchThrowableOfType(
            PersistenceException.class,
            () ->
                run.write(
                    out -> {
                      out.write(new byte[100_000]);
                      throw new IOException("the file is damaged");
                    }));
    assertThat(failure).hasMessageContaining("the file is damaged");
    assertThat(committed).doesNotExist();
  }

  @Test
  void aProgramThatStopsReadingSaysWhy() throws IOException {
    ProgramRun run = run("echo 'pg_dump: error: relation \"t\" already exists' >&2; exit 1");
    PersistenceException failure =
        catchThrowableOfType(
            PersistenceException.class, () -> run.write(out -> out.write(new byte[10_000_000])));
    assertThat(failure.error()).isEqualTo(DataError.DUPLICATE_KEY);
  }

  @Test
  void whatItReadsIsWhole() throws IOException {
    Path copy = directory.resolve("copy");
    run("cat > '" + copy + "'").write(out -> out.write("content".getBytes(UTF_8)));
    assertThat(Files.readString(copy)).isEqualTo("content");
  }
}

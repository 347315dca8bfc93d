package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A program that is not ready at its first starts. */
class HungServerIT {

  private static final Duration LIMIT = Duration.ofSeconds(2);

  private final WorkDirectory directory = WorkDirectory.create("hung");

  /** Hangs as often as {@code hangs} says; says so in its log when it is asked. */
  private final class Hanging implements Launch {

    private final int hangs;
    private int starts;

    Hanging(int hangs) {
      this.hangs = hangs;
    }

    @Override
    public String name() {
      return "the program";
    }

    @Override
    public Path dataDirectory() {
      return directory.path();
    }

    @Override
    public void prepare() {}

    @Override
    public List<String> command(int port) {
      starts++;
      return List.of(
          "/bin/bash",
          "-c",
          "trap 'echo waits for a disk; exit 2' QUIT; while true; do read -t 0.1 <> <(:); done");
    }

    @Override
    public boolean isReady(int port, long pid) {
      return starts > hangs;
    }

    @Override
    public Signal stopSignal() {
      return Signal.KILL;
    }

    @Override
    public Signal discardSignal() {
      return Signal.KILL;
    }

    @Override
    public Optional<Signal> dumpSignal() {
      return Optional.of(Signal.QUIT);
    }

    @Override
    public void dataReplaced() {}
  }

  @Test
  void isStartedOnceMore() {
    Hanging launch = new Hanging(1);
    LocalServer server = LocalServer.start(launch, directory, 0, LIMIT);
    assertThat(launch.starts).isEqualTo(2);
    server.close();
  }

  @Test
  void itsLogIsKeptWhenItHangsAgain() {
    Hanging launch = new Hanging(9);
    assertThatThrownBy(() -> LocalServer.start(launch, directory, 0, LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not ready in time")
        .satisfies(
            failure ->
                assertThat(kept(String.valueOf(failure.getMessage())))
                    .contains("waits for a disk"));
    assertThat(launch.starts).isEqualTo(2);
  }

  private static String kept(String message) {
    String path = message.replaceAll("(?s).*its log is kept in (\\S+)\\).*", "$1");
    try {
      return Files.readString(Path.of(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildJvmIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path directory;

  @Test
  void passesLinesArgumentsAndPropertiesAndTheExitStatus() throws IOException {
    Path log = directory.resolve("child.log");
    try (ChildJvm child =
        ChildJvm.start(Echo.class, List.of("one", "two words"), Map.of("greeting", "hello"), log)) {
      assertThat(child.stdout().readLine()).isEqualTo("hello one|two words");
      child.stdin().println("ünïcode");
      assertThat(child.stdout().readLine()).isEqualTo("echo ünïcode");
      assertThat(child.isAlive()).isTrue();
      child.stdin().println("end");
      assertThat(child.awaitExit(LIMIT)).hasValue(7);
      assertThat(child.isAlive()).isFalse();
    }
    assertThat(log).content().contains("going");
  }

  @Test
  void standsStillWhilePausedAndGoesOnWhenResumed() throws Exception {
    try (ChildJvm child =
        ChildJvm.start(Echo.class, List.of(), Map.of(), directory.resolve("child.log"))) {
      child.stdout().readLine();
      child.pause();
      assertThat(ProcessSignals.isFrozen(child.pid())).as("each thread has stopped").isTrue();
      child.stdin().println("later");
      CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> read(child.stdout()));
      assertThat(line.completeOnTimeout("nothing", 500, TimeUnit.MILLISECONDS).get())
          .isEqualTo("nothing");
      assertThat(child.isAlive()).isTrue();
      child.resume();
      child.stdin().println("end");
      assertThat(child.awaitExit(LIMIT)).hasValue(7);
    }
  }

  @Test
  void killEndsAPausedOneAtOnce() {
    try (ChildJvm child =
        ChildJvm.start(Echo.class, List.of(), Map.of(), directory.resolve("child.log"))) {
      child.pause();
      child.kill();
      assertThat(child.isAlive()).isFalse();
      assertThat(child.awaitExit(LIMIT)).hasValue(128 + 9);
    }
  }

  @Test
  void whatItPrintedBeforeTheKillCanBeRead() throws IOException {
    try (ChildJvm child =
        ChildJvm.start(Echo.class, List.of(), Map.of(), directory.resolve("child.log"))) {
      await().atMost(LIMIT).until(() -> child.stdout().ready());
      child.kill();
      assertThat(child.stdout().readLine()).isEqualTo("null ");
      assertThat(child.stdout().readLine()).isNull();
    }
  }

  /** The kernel does it where there is setpriv; a SIGKILL leaves a JVM no time to. */
  @Test
  void itsServersDieWithIt() {
    Set<Long> pids;
    try (ChildJvm child =
        ChildJvm.start(
            StartsServers.class,
            List.of("postgres", "oldest", "newest"),
            Map.of(),
            directory.resolve("child.log"))) {
      pids = pids(child);
      assertThat(pids).hasSize(3).allMatch(ProcessSignals::isAlive);
      child.kill();
    }
    assertThat(ProcessSignals.awaitEnd(pids, LIMIT)).isTrue();
  }

  @Test
  void theSharedServersRunFromACommandLineUntilALineIsRead() throws IOException {
    try (ChildJvm child =
        ChildJvm.start(TestServers.class, List.of(), Map.of(), directory.resolve("child.log"))) {
      List<String> printed =
          child.stdout().lines().takeWhile(line -> !line.startsWith("Press Enter")).toList();
      assertThat(printed).anyMatch(line -> line.matches("PostgreSQL \\d+\\S*  jdbc:postgresql:.+"));
      Matcher nats = Pattern.compile("NATS \\S+  nats://(.+):(\\d+)").matcher(printed.get(2));
      assertThat(nats.matches()).as(printed.get(2)).isTrue();
      assertThat(NatsProtocol.version(nats.group(1), Integer.parseInt(nats.group(2)))).isPresent();
      child.stdin().println();
      assertThat(child.awaitExit(LIMIT)).hasValue(0);
    }
  }

  @Test
  void anEmptyCacheIsFilledOnceBySeveralJvmsAtOnce() throws IOException {
    Path cache = directory.resolve("cache-home");
    Path log = directory.resolve("child.log");
    List<ChildJvm> children =
        Stream.generate(
                () ->
                    ChildJvm.start(
                        StartsServers.class,
                        List.of("postgres", "newest", "oldest"),
                        Map.of(),
                        Map.of("XDG_CACHE_HOME", cache.toString()),
                        log))
            .limit(3)
            .toList();
    try {
      for (ChildJvm child : children) {
        assertThat(pids(child)).as(() -> content(log)).hasSize(3);
      }
    } finally {
      children.forEach(ChildJvm::close);
    }
    Path ours = cache.resolve("mistersmith-persistence");
    assertThat(ours.resolve("building")).isEmptyDirectory();
    try (Stream<Path> versions = Files.list(ours.resolve("postgres"))) {
      assertThat(versions).hasSize(1);
    }
  }

  private static Set<Long> pids(ChildJvm child) {
    return child
        .stdout()
        .lines()
        .takeWhile(line -> !line.equals("started"))
        .filter(line -> line.startsWith("pid="))
        .map(line -> Long.valueOf(line.substring("pid=".length())))
        .collect(Collectors.toSet());
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(BufferedReader reader) {
    try {
      return String.valueOf(reader.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says what it got, and every line again, until the line "end". */
  static final class Echo {
    private Echo() {}

    public static void main(String[] args) throws IOException {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      out.println(System.getProperty("greeting") + " " + String.join("|", args));
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null && !line.equals("end"); line = in.readLine()) {
        out.println("echo " + line);
      }
      System.err.println("going");
      System.exit(7);
    }
  }
}

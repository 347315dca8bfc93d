package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatsServerIT {

  @ParameterizedTest
  @ValueSource(strings = {"oldest", "newest"})
  void keepsAcknowledgedMessagesAndItsPortOverKillAndStop(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line))) {
      assertThat(server.version().startsWith("2.9.")).isEqualTo(line.equals("oldest"));
      long pid = server.pid();
      String url = server.url();
      createStream(server, 1);
      publish(server);

      server.kill();
      assertThat(ProcessSignals.isAlive(pid)).isFalse();
      server.restart();

      assertThat(server.url()).isEqualTo(url);
      assertThat(messages(server)).isEqualTo(1);
      publish(server);
      server.stop();
      server.restart();
      assertThat(messages(server)).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"oldest", "newest"})
  void goesBackToAnOlderCopyOfItsStore(String line, @TempDir Path directory) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line))) {
      createStream(server, 1);
      publish(server);
      server.stop();
      Path copy = server.copyStore(directory.resolve("older"));
      server.restart();
      publish(server);
      assertThatThrownBy(() -> server.replaceStore(copy))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is running");
      server.kill();

      server.replaceStore(copy);
      server.restart();

      assertThat(messages(server)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"oldest", "newest"})
  void readsAnotherConfigurationWhileItRuns(String line) {
    NatsOptions options = NatsOptions.defaults().withLine(line);
    try (NatsServer server = NatsServer.start(options)) {
      assertThat(NatsProtocol.request("127.0.0.1", port(server), "$JS.API.INFO", "")).isPresent();
      server.reload(options.withConfigLine("authorization { user: app, password: app }"));
      assertThat(NatsProtocol.request("127.0.0.1", port(server), "$JS.API.INFO", "")).isEmpty();
      server.reload(options);
      assertThat(NatsProtocol.request("127.0.0.1", port(server), "$JS.API.INFO", "")).isPresent();
    }
  }

  @Test
  void answersNobodyWhilePaused() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults())) {
      server.pause();
      assertThat(NatsProtocol.version("127.0.0.1", port(server))).isEmpty();
      server.resume();
      assertThat(NatsProtocol.version("127.0.0.1", port(server))).contains(server.version());
    }
  }

  @Test
  void takesItsOptionsIntoTheConfiguration() {
    NatsOptions options =
        NatsOptions.defaults()
            .withLine(NatsOptions.NEWEST)
            .withMaxPayload(4096)
            .withMaxFileStore(1 << 20)
            .withSyncInterval("always")
            .withConfigLine("server_name: chosen");
    try (NatsServer server = NatsServer.start(options)) {
      String info =
          NatsProtocol.request("127.0.0.1", port(server), "$JS.API.INFO", "").orElseThrow();
      assertThat(info).contains("\"max_storage\":");
      String tooLarge =
          request(
              server,
              "$JS.API.STREAM.CREATE.large",
              "{\"name\":\"large\",\"subjects\":[\"large\"],\"max_bytes\":2097152}");
      assertThat(tooLarge).contains("10047");
    }
  }

  @Test
  void startsWithUsersWhomTheStarterDoesNotKnow() {
    NatsOptions options =
        NatsOptions.defaults().withConfigLine("authorization { user: a, password: b }");
    try (NatsServer server = NatsServer.start(options)) {
      assertThat(server.version()).startsWith("2.");
    }
  }

  @Test
  void isNotReadyWhileAnotherServerHasItsPort() {
    try (NatsServer other = NatsServer.start(NatsOptions.defaults())) {
      NatsOptions samePort = NatsOptions.defaults().withPort(port(other));
      CompletableFuture<NatsServer> second =
          CompletableFuture.supplyAsync(() -> NatsServer.start(samePort));
      Awaitility.await().during(Duration.ofMillis(500)).until(() -> !second.isDone());
      other.stop();
      assertThat(second)
          .succeedsWithin(Duration.ofSeconds(30))
          .satisfies(server -> assertThat(server.url()).isEqualTo(other.url()))
          .satisfies(NatsServer::close);
    }
  }

  @Test
  void showsItsLogWhenItDoesNotStart() {
    NatsOptions options = NatsOptions.defaults().withConfigLine("no_such_option: 1");
    assertThatThrownBy(() -> NatsServer.start(options))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no_such_option");
  }

  @Test
  void saysWhatIsWrongWithTheEnvironmentsProgram(@TempDir Path directory) {
    ServerCache cache = new ServerCache(directory);
    for (String wrong : new String[] {"/no/such/program", "/bin/sh", "/bin"}) {
      assertThatThrownBy(
              () -> NatsProgram.of(NatsOptions.NEWEST, cache, Map.of("NATS_SERVER_BIN", wrong)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("NATS_SERVER_BIN is '" + wrong + "'");
    }
  }

  @Test
  void formsAClusterThatKeepsThreeReplicas() {
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults())) {
      NatsServer first = cluster.servers().get(0);
      assertThat(cluster.url().split(",")).hasSize(3).contains(first.url());
      createStream(first, 3);
      publish(first);
      first.kill();
      awaitOneMessage(cluster.servers().get(1));
      first.restart();
      cluster.awaitReady();
      awaitOneMessage(first);
    }
  }

  /** After the death of a leader nobody answers until the others have elected one. */
  private static void awaitOneMessage(NatsServer server) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(messages(server)).isEqualTo(1));
  }

  private static int port(NatsServer server) {
    return Integer.parseInt(server.url().substring(server.url().lastIndexOf(':') + 1));
  }

  private static String request(NatsServer server, String subject, String body) {
    Optional<String> reply = NatsProtocol.request("127.0.0.1", port(server), subject, body);
    return reply.orElseThrow(() -> new AssertionError("no reply from " + server.url()));
  }

  private static void createStream(NatsServer server, int replicas) {
    assertThat(
            request(
                server,
                "$JS.API.STREAM.CREATE.kept",
                "{\"name\":\"kept\",\"subjects\":[\"kept\"],\"num_replicas\":" + replicas + "}"))
        .doesNotContain("\"error\"");
  }

  private static void publish(NatsServer server) {
    assertThat(request(server, "kept", "a message")).contains("\"seq\":");
  }

  private static int messages(NatsServer server) {
    String info = request(server, "$JS.API.STREAM.INFO.kept", "");
    Matcher matcher = Pattern.compile("\"messages\":\\s*([0-9]+)").matcher(info);
    assertThat(matcher.find()).as(info).isTrue();
    return Integer.parseInt(matcher.group(1));
  }
}

package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TestServersTest {
  private static final Path ANYWHERE = Path.of("anywhere");

  @Test
  void anEmptyEnvironmentNamesNoServers() {
    assertThat(TestServers.postgresOf(Map.of("PG_HOST", " "))).isEmpty();
    assertThat(TestServers.natsOf(Map.of("NATS_SERVERS", ""))).isEmpty();
  }

  @Test
  void takesPostgresFromTheEnvironment() {
    PostgresServer server =
        TestServers.postgresOf(
                Map.of(
                    "PG_HOST", "db.example",
                    "PG_PORT", "6543",
                    "PG_DATABASE", "agents",
                    "PG_USER", "someone",
                    "PG_PASSWORD", "secret"))
            .orElseThrow();
    assertThat(server.jdbcUrl()).isEqualTo("jdbc:postgresql://db.example:6543/agents");
    assertThat(server.user()).isEqualTo("someone");
    assertThat(server.password()).contains("secret");
    assertThat(server.ownsProcess()).isFalse();
    server.close();
  }

  @Test
  void refusesToTouchTheEnvironmentsServers() {
    PostgresServer server = TestServers.postgresOf(Map.of("PG_HOST", "db.example")).orElseThrow();
    assertThat(server.port()).isEqualTo(5432);
    Stream.<ThrowingCallable>of(
            server::kill,
            server::stop,
            server::restart,
            server::pause,
            server::resume,
            server::pid,
            server::dataDirectory,
            () -> server.copyData(ANYWHERE),
            () -> server.replaceData(ANYWHERE))
        .forEach(
            call ->
                assertThatThrownBy(call)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("PostgreSQL at db.example:5432")
                    .hasMessageContaining("Unset PG_HOST"));
  }

  @Test
  void refusesAPortThatIsNone() {
    assertThatThrownBy(
            () -> TestServers.postgresOf(Map.of("PG_HOST", "db.example", "PG_PORT", "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PG_PORT is 'x'");
  }

  @Test
  void takesNatsFromTheEnvironmentAndAsksItsVersion() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread answer = new Thread(() -> greet(listener), "fake-nats-server");
      answer.setDaemon(true);
      answer.start();
      String urls = "nats://127.0.0.1:%d,nats://127.0.0.1:1".formatted(listener.getLocalPort());
      NatsServer server = TestServers.natsOf(Map.of("NATS_SERVERS", urls)).orElseThrow();
      assertThat(server.url()).isEqualTo(urls);
      assertThat(server.version()).isEqualTo("2.10.27");
      assertThat(server.ownsProcess()).isFalse();
      assertThatThrownBy(server::kill)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Unset NATS_SERVERS");
      answer.join();
    }
  }

  @Test
  void saysWhenNobodyAnswersForNats() throws IOException {
    int port;
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = listener.getLocalPort();
    }
    assertThatThrownBy(
            () -> TestServers.natsOf(Map.of("NATS_SERVERS", "nats://user:pw@127.0.0.1:" + port)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("127.0.0.1:" + port)
        .hasMessageNotContaining("pw");
  }

  private static void greet(ServerSocket listener) {
    try (Socket client = listener.accept()) {
      client
          .getOutputStream()
          .write("INFO {\"version\":\"2.10.27\"} \r\n".getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

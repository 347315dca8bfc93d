package io.mistersmith.persistence.core.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import io.mistersmith.persistence.operations.Alerts.Level;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a webhook sends, how often, and what it keeps to itself. */
class WebhookSinkTest {

  private static final String SECRET = "s3cr3t";
  private static final AlertChange CHANGE =
      new AlertChange(
          Change.WORSENED,
          new Alert(
              "backlog_bytes",
              Level.CRITICAL,
              OptionalDouble.empty(),
              OptionalDouble.of(2.5),
              "say \"hi\"",
              "Do it.",
              Instant.EPOCH,
              Instant.EPOCH.plusSeconds(1)),
          Optional.of(Level.WARNING));

  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final Queue<Integer> answers = new ArrayDeque<>();

  @SuppressWarnings("NullAway.Init") // set before each test
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          keys.add(exchange.getRequestHeaders().getFirst("Authorization"));
          Integer status = answers.poll();
          exchange.sendResponseHeaders(status == null ? 204 : status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private WebhookSink sink() {
    return WebhookSink.to(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + SECRET))
        .header("Authorization", "Bearer " + SECRET)
        .timeout(Duration.ofSeconds(20))
        .build();
  }

  @Test
  void aChangeIsPostedAsJson() throws IOException {
    sink().tell(CHANGE);

    JsonNode json = new ObjectMapper().readTree(bodies.get(0));
    assertThat(json)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"change": "WORSENED", "metric": "backlog_bytes", "level": "CRITICAL",
                     "levelBefore": "WARNING", "value": null, "threshold": 2.5,
                     "message": "say \\"hi\\"", "advice": "Do it.",
                     "beganAt": "1970-01-01T00:00:00Z", "at": "1970-01-01T00:00:01Z"}
                    """));
    assertThat(keys).containsExactly("Bearer " + SECRET);
  }

  @Test
  void aServerThatFailsIsAskedAgain() {
    answers.addAll(List.of(503, 429));
    sink().tell(CHANGE);
    assertThat(bodies).hasSize(3).containsOnly(bodies.get(0));
  }

  @Test
  void afterThreeAttemptsTheReceiverHasFailed() {
    answers.addAll(List.of(500, 500, 500, 500));
    assertThatThrownBy(() -> sink().tell(CHANGE))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("webhook at http://127.0.0.1 answered with status 500");
    assertThat(bodies).hasSize(3);
  }

  @Test
  void aRefusalIsNotRepeatedAndARedirectNotFollowed() {
    answers.addAll(List.of(403, 302));
    for (int status : List.of(403, 302)) {
      assertThatThrownBy(() -> sink().tell(CHANGE)).hasMessageContaining("status " + status);
    }
    assertThat(bodies).hasSize(2);
  }

  @Test
  void nothingShowsTheSecret() {
    WebhookSink sink = sink();
    server.stop(0);
    assertThatThrownBy(() -> sink.tell(CHANGE))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("did not answer")
        .hasStackTraceContaining("WebhookSink")
        .satisfies(
            failure -> {
              for (Throwable e = failure; e != null; e = e.getCause()) {
                assertThat(String.valueOf(e)).doesNotContain(SECRET);
              }
            });
    assertThat(sink.toString()).isEqualTo("webhook at http://127.0.0.1");
    assertThat(WebhookSink.to(URI.create("https://x.example/" + SECRET)).toString())
        .doesNotContain(SECRET);
  }

  @Test
  void anAddressThatIsNoUrlIsRefused() {
    for (String address : List.of("ftp://x.example/", "/hook", "mailto:me@x.example")) {
      assertThatThrownBy(() -> WebhookSink.to(URI.create(address)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("https://alerts.example.com/hook");
    }
  }
}

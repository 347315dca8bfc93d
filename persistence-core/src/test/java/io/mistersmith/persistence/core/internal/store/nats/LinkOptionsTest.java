package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.nats.client.Connection;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinkOptionsTest {

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void close() {
    threads.shutdownNow();
    timer.shutdownNow();
  }

  @Test
  void discoveredServersAreReachedAsTheConfiguredOnes() {
    LinkOptions options = options("tls://app:secret@one:4222");
    assertThat(options.only("nats://two:4223").getServers())
        .containsExactly(URI.create("tls://app:secret@two:4223"));
    assertThat(options.build(List.of("three:4224")).getServers())
        .containsExactly(
            URI.create("tls://app:secret@one:4222"), URI.create("tls://app:secret@three:4224"));
    assertThat(options("one").only("nats://two:4223").getServers())
        .containsExactly(URI.create("nats://two:4223"));
  }

  @Test
  void noPasswordIsPrinted() {
    assertThat(LinkOptions.redacted("nats://agents:secret@one:4222"))
        .isEqualTo("nats://***@one:4222");
    assertThat(LinkOptions.redacted("agents:secret@one:4222")).isEqualTo("***@one:4222");
    assertThat(
            LinkOptions.redacted(
                "servers: [nats://a:secret@one:4222, nats://b:secret@two:4222, c:secret@three]"))
        .isEqualTo("servers: [nats://***@one:4222, nats://***@two:4222, ***@three]");
    assertThat(LinkOptions.redacted("no answer from one:4222"))
        .isEqualTo("no answer from one:4222");
    assertThat(options("app:secret@one").servers()).isEqualTo("***@one");
  }

  @Test
  void aFailureToConnectHasNoPassword() {
    NatsConfig away = NatsConfig.of("nats://agents:hunter2@127.0.0.1:1");
    Services services = new Services(event -> {});
    Throwable failure = catchThrowable(() -> NatsLink.open(away, "test", services));
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString()).contains("127.0.0.1:1").doesNotContain("hunter2");
  }

  private LinkOptions options(String server) {
    return new LinkOptions(
        NatsConfig.of(server), "test", threads, threads, timer, new NobodyListens());
  }

  private static final class NobodyListens implements LinkOptions.Listener {

    @Override
    public void lost() {}

    @Override
    public void leaving(Connection connection) {}

    @Override
    public void publishDenied(String subject, String said) {}

    @Override
    public void subscriptionDenied(Connection connection, String subject, String said) {}
  }
}

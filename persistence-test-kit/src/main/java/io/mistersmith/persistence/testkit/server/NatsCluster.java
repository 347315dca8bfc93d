package io.mistersmith.persistence.testkit.server;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Several nats-servers that form one JetStream cluster, for buckets with replicas. Each server can
 * be killed, paused and restarted by itself. Thread-safe.
 */
public final class NatsCluster implements AutoCloseable {
  private static final Duration FORM_LIMIT = Duration.ofSeconds(60);
  private static final long POLL_MILLIS = 50;

  private final List<NatsServer> servers;

  private NatsCluster(List<NatsServer> servers) {
    this.servers = List.copyOf(servers);
  }

  /**
   * Starts the servers, each with a free port, and waits until a stream can have as many replicas.
   *
   * @param size how many servers; an odd number, 3 or 5
   * @param options what all of them have in common; its port must be 0
   * @throws IllegalStateException when a server does not start or the cluster does not form
   */
  public static NatsCluster start(int size, NatsOptions options) {
    if (size != 3 && size != 5) {
      throw new IllegalArgumentException(
          "size is " + size + ": use 3 or 5, the replicas that a bucket can have");
    }
    if (options.port() != 0) {
      throw new IllegalArgumentException(
          "port is " + options.port() + ": leave it 0, each server gets a free one");
    }
    NatsProgram program = NatsProgram.of(options.line(), ServerCache.ofUser(), System.getenv());
    List<Integer> routes = Stream.generate(FreePort::find).distinct().limit(size).toList();
    List<NatsServer> servers = new ArrayList<>();
    try {
      for (int i = 0; i < size; i++) {
        servers.add(NatsServer.start(member(options, i, routes), program, true));
      }
      NatsCluster cluster = new NatsCluster(servers);
      cluster.awaitReady();
      return cluster;
    } catch (RuntimeException e) {
      servers.forEach(NatsServer::close);
      throw e;
    }
  }

  private static NatsOptions member(NatsOptions options, int index, List<Integer> routes) {
    String urls =
        routes.stream()
            .map(port -> "\"nats://127.0.0.1:" + port + "\"")
            .collect(Collectors.joining(", "));
    return options
        .withConfigLine("server_name: test-" + (index + 1))
        .withConfigLine(
            "cluster { name: test, listen: \"127.0.0.1:%d\", routes: [%s] }"
                .formatted(routes.get(index), urls));
  }

  /** The servers, in the order they were started. */
  public List<NatsServer> servers() {
    return servers;
  }

  /** The URLs of all servers, separated by commas. */
  public String url() {
    return servers.stream().map(NatsServer::url).collect(Collectors.joining(","));
  }

  /**
   * Waits until every server answers and a stream can have a replica on each: call it after a
   * restart of one.
   *
   * @throws IllegalStateException when that takes longer than a minute
   */
  public void awaitReady() {
    long deadline = System.nanoTime() + FORM_LIMIT.toNanos();
    while (!servers.stream().allMatch(NatsCluster::answers) || !replicates()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "The nats-servers %s did not form a cluster within %d s"
                .formatted(url(), FORM_LIMIT.toSeconds()));
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while a nats cluster was forming", e);
      }
    }
  }

  private static boolean answers(NatsServer server) {
    URI url = URI.create(server.url());
    return NatsProtocol.jetStreamAnswers(url.getHost(), url.getPort());
  }

  /** Answers of the cluster's leader do not say that it knows all members: a stream does. */
  private boolean replicates() {
    URI url = URI.create(servers.get(0).url());
    String body =
        "{\"name\":\"cluster-probe\",\"subjects\":[\"cluster.probe\"],\"storage\":\"memory\",\"num_replicas\":%d}"
            .formatted(servers.size());
    boolean created =
        NatsProtocol.request(
                url.getHost(), url.getPort(), "$JS.API.STREAM.CREATE.cluster-probe", body)
            .filter(reply -> !NatsProtocol.isError(reply))
            .isPresent();
    return NatsProtocol.request(
                url.getHost(), url.getPort(), "$JS.API.STREAM.DELETE.cluster-probe", "")
            .filter(reply -> !NatsProtocol.isError(reply))
            .isPresent()
        && created;
  }

  /** Ends all servers and deletes their data. */
  @Override
  public void close() {
    servers.forEach(NatsServer::close);
  }
}

package io.mistersmith.persistence.testkit.server;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
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

  private final int size;
  private final NatsOptions options;
  private final NatsProgram program;
  private final List<Integer> listeners = new ArrayList<>();
  private final List<Integer> routes = new ArrayList<>();
  private final List<RouteProxy> proxies = new ArrayList<>();
  private final List<NatsServer> servers = new CopyOnWriteArrayList<>();
  private final Set<String> cutOff = ConcurrentHashMap.newKeySet();

  private NatsCluster(int size, NatsOptions options, boolean divisible) {
    if (size != 3 && size != 5) {
      throw new IllegalArgumentException(
          "size is " + size + ": use 3 or 5, the replicas that a bucket can have");
    }
    if (options.port() != 0) {
      throw new IllegalArgumentException(
          "port is " + options.port() + ": leave it 0, each server gets a free one");
    }
    this.size = size;
    this.options = options;
    this.program = NatsProgram.of(options.line(), ServerCache.ofUser(), System.getenv());
    List<Integer> ports =
        Stream.generate(FreePort::find).distinct().limit(divisible ? 2L * size : size).toList();
    listeners.addAll(ports.subList(0, size));
    routes.addAll(ports.subList(ports.size() - size, ports.size()));
    for (int i = 0; divisible && i < size; i++) {
      String name = name(i);
      proxies.add(
          new RouteProxy(
              routes.get(i),
              listeners.get(i),
              other -> cutOff.contains(other) != cutOff.contains(name)));
    }
  }

  /**
   * Starts the servers, each with a free port, and waits until a stream can have as many replicas.
   *
   * @param size how many servers; an odd number, 3 or 5
   * @param options what all of them have in common; its port must be 0
   * @throws IllegalStateException when a server does not start or the cluster does not form
   */
  public static NatsCluster start(int size, NatsOptions options) {
    return new NatsCluster(size, options, false).with(size);
  }

  /** {@link #start} of a cluster whose servers can be {@linkplain #cutOff cut off}. */
  public static NatsCluster startDivisible(int size, NatsOptions options) {
    return new NatsCluster(size, options, true).with(size);
  }

  /** Starts the first servers of a cluster, some of which are missing until {@link #complete}. */
  public static NatsCluster startPartly(int running, int size, NatsOptions options) {
    return new NatsCluster(size, options, false).with(running);
  }

  /** Starts the servers that are missing, and waits until the cluster is whole. */
  public void complete() {
    with(size);
  }

  private NatsCluster with(int running) {
    try {
      while (servers.size() < running) {
        servers.add(NatsServer.start(member(servers.size()), program, true));
      }
      if (running == size) {
        awaitReady();
      }
      return this;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static String name(int index) {
    return "test-" + (index + 1);
  }

  private NatsOptions member(int index) {
    String urls =
        routes.stream()
            .map(port -> "\"nats://127.0.0.1:" + port + "\"")
            .collect(Collectors.joining(", "));
    return options
        .withConfigLine("server_name: " + name(index))
        .withConfigLine(
            "cluster { name: test, listen: \"127.0.0.1:%d\", advertise: \"127.0.0.1:%d\", routes: [%s] }"
                .formatted(listeners.get(index), routes.get(index), urls));
  }

  /**
   * Cuts servers off from the others of a divisible cluster, not from each other and not from their
   * clients; replaces an earlier cut.
   *
   * @param indexes their places in {@link #servers}
   */
  public void cutOff(int... indexes) {
    if (proxies.isEmpty()) {
      throw new IllegalStateException("Start the cluster with startDivisible to cut servers off");
    }
    cutOff.clear();
    for (int index : indexes) {
      cutOff.add(name(index));
    }
    proxies.forEach(RouteProxy::cut);
  }

  /** Ends the cut: the servers find each other again. */
  public void heal() {
    cutOff.clear();
  }

  /** The servers, in the order they were started. */
  public List<NatsServer> servers() {
    return List.copyOf(servers);
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
            .formatted(size);
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
    proxies.forEach(RouteProxy::close);
  }
}

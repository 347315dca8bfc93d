package io.mistersmith.persistence.core.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards TCP connections to one server, so that one client can be cut off from it while others
 * are not. Thread-safe.
 */
final class TcpProxy implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TcpProxy.class);

  private final InetSocketAddress target;
  private final ServerSocket listening;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean refusing;

  private TcpProxy(InetSocketAddress target) throws IOException {
    this.target = target;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /** A proxy to the server at {@code url}, which forwards at once. */
  static TcpProxy to(String url) {
    URI server = URI.create(url);
    try {
      TcpProxy proxy = new TcpProxy(new InetSocketAddress(server.getHost(), server.getPort()));
      proxy.run("accept", proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where clients connect to. */
  String url() {
    return "nats://127.0.0.1:" + listening.getLocalPort();
  }

  /** Cuts all connections and refuses others, or lets them through again. */
  void refuse(boolean now) {
    refusing = now;
    if (now) {
      open.forEach(TcpProxy::close);
    }
  }

  private interface Task {
    void run() throws IOException;
  }

  private void run(String name, Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                LOG.debug("{}: a side has closed its connection", name, e);
              }
            },
            "proxy-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listening.accept();
      if (refusing) {
        client.close();
        continue;
      }
      Socket server = new Socket();
      server.connect(target, 1_000);
      open.add(client);
      open.add(server);
      run("up", () -> forward(client, server));
      run("down", () -> forward(server, client));
      if (refusing) {
        refuse(true);
      }
    }
  }

  private void forward(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    refuse(true);
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

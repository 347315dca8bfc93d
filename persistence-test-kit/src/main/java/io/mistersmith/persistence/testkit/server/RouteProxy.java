package io.mistersmith.persistence.testkit.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A proxy in front of one server of a cluster, which passes on what the others send. A connection
 * is held back until the other server has said its name, so that those of one server can be cut.
 */
final class RouteProxy implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RouteProxy.class);
  private static final Pattern NAME = Pattern.compile("\"server_name\":\\s*\"([^\"]+)\"");
  private static final int MOST_BEFORE_NAME = 64 * 1024;

  private final int target;
  private final Predicate<String> isCut;
  private final ServerSocket listener;
  private final Set<Passage> passages = ConcurrentHashMap.newKeySet();

  /**
   * Listens on a port and passes on to another one.
   *
   * @param isCut whether the server of this name is cut off from the one behind this proxy
   */
  RouteProxy(int port, int target, Predicate<String> isCut) {
    this.target = target;
    this.isCut = isCut;
    try {
      this.listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("Could not listen on port " + port, e);
    }
    start(this::accept, "accept");
  }

  /** Ends the connections that are to be cut by now. */
  void cut() {
    for (Passage passage : passages) {
      if (isCut.test(passage.name)) {
        passage.close();
      }
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Passage passage = new Passage(listener.accept());
        start(passage::fromOther, "in");
      } catch (IOException e) {
        LOG.debug("Route to port {}: accepts no more, or the server is down", target, e);
      }
    }
  }

  private void start(Runnable work, String role) {
    Thread thread = new Thread(work, "route-proxy-" + target + "-" + role);
    thread.setDaemon(true);
    thread.start();
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[16 * 1024];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      out.write(buffer, 0, read);
      out.flush();
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      LOG.debug("Route to port {}: not closed", target, e);
    }
    passages.forEach(Passage::close);
  }

  private final class Passage {

    private final Socket other;
    private final Socket server;
    private volatile String name = "";

    Passage(Socket other) throws IOException {
      this.other = other;
      try {
        this.server = new Socket(InetAddress.getLoopbackAddress(), target);
      } catch (IOException e) {
        other.close();
        throw e;
      }
    }

    void fromOther() {
      passages.add(this);
      start(this::fromServer, "out");
      try {
        InputStream in = other.getInputStream();
        ByteArrayOutputStream held = new ByteArrayOutputStream();
        byte[] buffer = new byte[16 * 1024];
        while (name.isEmpty() && held.size() < MOST_BEFORE_NAME) {
          int read = in.read(buffer);
          if (read < 0) {
            return;
          }
          held.write(buffer, 0, read);
          Matcher said = NAME.matcher(held.toString(StandardCharsets.UTF_8));
          name = said.find() ? said.group(1) : "";
        }
        if (!isCut.test(name)) {
          held.writeTo(server.getOutputStream());
          copy(in, server.getOutputStream());
        }
      } catch (IOException e) {
        LOG.debug("Route from {} to port {} ended", name, target, e);
      } finally {
        close();
      }
    }

    private void fromServer() {
      try {
        copy(server.getInputStream(), other.getOutputStream());
      } catch (IOException e) {
        LOG.debug("Route from port {} to {} ended", target, name, e);
      } finally {
        close();
      }
    }

    void close() {
      passages.remove(this);
      try (other;
          server) {
        LOG.debug("Route between {} and port {} is cut", name, target);
      } catch (IOException e) {
        LOG.debug("Route between {} and port {}: not closed", name, target, e);
      }
    }
  }
}

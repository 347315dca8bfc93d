package io.mistersmith.persistence.core.internal.store.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes connections on to a port, and counts how often a client waits for an answer. */
final class RoundTrips implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RoundTrips.class);

  private final int target;
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final AtomicInteger count = new AtomicInteger();

  RoundTrips(int target) throws IOException {
    this.target = target;
    start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Returns how many there were, of all clients. */
  int count() {
    return count.get();
  }

  private interface Work {
    void run() throws IOException;
  }

  private void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                LOG.debug("a side has closed its connection, which ends the other side", e);
              }
            },
            "round-trips");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (!listener.isClosed()) {
      Socket client = listener.accept();
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      AtomicBoolean answered = new AtomicBoolean(true);
      start(
          () ->
              pass(
                  client,
                  server,
                  () -> {
                    if (answered.getAndSet(false)) {
                      count.incrementAndGet();
                    }
                  }));
      start(() -> pass(server, client, () -> answered.set(true)));
    }
  }

  private static void pass(Socket from, Socket to, Runnable seen) throws IOException {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        seen.run();
        out.write(buffer, 0, read);
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}

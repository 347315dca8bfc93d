package io.mistersmith.persistence.core.fault;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards TCP connections to one server, so that one client can be cut off from it while others
 * are not. Thread-safe.
 */
final class TcpProxy implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TcpProxy.class);

  private static final int MOST = 16 * 1024;

  private final InetSocketAddress target;
  private final ServerSocket listening;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile String unanswered = "";
  private volatile boolean refusing;
  private volatile boolean refusesAfterwards;

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

  /**
   * Has the next request with this text answered by nobody: once the server has answered it, the
   * answer is dropped and the connection is cut.
   *
   * @param cutOff whether all others are cut and refused from then on, too
   */
  void loseAnswerTo(String text, boolean cutOff) {
    refusesAfterwards = cutOff;
    unanswered = text;
  }

  /** Whether the answer that {@link #loseAnswerTo} names was lost. */
  boolean hasLost() {
    return unanswered.isEmpty();
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
      AtomicBoolean isMute = new AtomicBoolean();
      run("up", () -> forward(client, server, isMute, true));
      run("down", () -> forward(server, client, isMute, false));
      if (refusing) {
        refuse(true);
      }
    }
  }

  private void forward(Socket from, Socket to, AtomicBoolean isMute, boolean isRequest)
      throws IOException {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[MOST];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (isRequest) {
          listen(buffer, read, isMute);
        } else if (isMute.get()) {
          lost();
          return;
        }
        out.write(buffer, 0, read);
      }
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  /** A request of one statement is one write of the client, so that its text is not split. */
  private void listen(byte[] buffer, int length, AtomicBoolean isMute) {
    String text = unanswered;
    if (!text.isEmpty() && new String(buffer, 0, length, ISO_8859_1).contains(text)) {
      isMute.set(true);
    }
  }

  private void lost() {
    unanswered = "";
    if (refusesAfterwards) {
      refuse(true);
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

package io.mistersmith.persistence.core.backup;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** An object store that says what it was told to; else it knows no object, and takes each. */
final class FakeObjectStore implements AutoCloseable {

  private record Said(int status, String body) {}

  /** The requests so far: method, path and query. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** The storage class of each request. */
  final Map<String, String> storageClasses = new ConcurrentHashMap<>();

  private final Queue<Said> answers = new ConcurrentLinkedQueue<>();
  private final HttpServer server;

  FakeObjectStore() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Answers a request in this way, after those that were told before. */
  FakeObjectStore says(int status, String body) {
    answers.add(new Said(status, body));
    return this;
  }

  /** Has {@code handler} answer all requests from now on. */
  void answerBy(HttpHandler handler) {
    server.removeContext("/");
    server.createContext("/", handler);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] unused = exchange.getRequestBody().readAllBytes();
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(request);
    String storageClass = exchange.getRequestHeaders().getFirst(S3Target.STORAGE_CLASS);
    storageClasses.put(request, String.valueOf(storageClass));
    Said said = answers.poll();
    if (said == null) {
      said = new Said(exchange.getRequestMethod().equals("HEAD") ? 404 : 200, "");
    }
    byte[] body = said.body().getBytes(UTF_8);
    boolean without = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(said.status(), without ? -1 : body.length);
    if (!without) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

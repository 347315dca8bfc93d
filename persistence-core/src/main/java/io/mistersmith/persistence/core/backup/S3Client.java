package io.mistersmith.persistence.core.backup;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Sends signed requests to an object store, and repeats those that fail for a moment. Follows no
 * redirects. No failure shows a header, or what the store said beyond its error code. Thread-safe.
 */
final class S3Client {

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final double JITTER = 0.25;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int NOT_IMPLEMENTED = 501;

  private final S3Place place;
  private final S3Signature signature;
  private final Supplier<S3Credentials> credentials;
  private final Duration timeout;
  private final int attempts;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  S3Client(S3Place place, Supplier<S3Credentials> credentials, Duration timeout, int attempts) {
    this.place = place;
    this.signature = new S3Signature(place.region());
    this.credentials = credentials;
    this.timeout = timeout;
    this.attempts = attempts;
  }

  /** Sends a call, whatever status is answered; its body is held in memory. */
  HttpResponse<byte[]> send(String what, S3Call call) {
    return exchange(what, call, BodyHandlers.ofByteArray(), body -> {});
  }

  /** Sends a call for an object, whose body is read as it comes; the caller closes it. */
  HttpResponse<InputStream> open(String what, S3Call call) {
    return exchange(what, call, BodyHandlers.ofInputStream(), InputStream::close);
  }

  /** Sends a call that must succeed, and returns its answer. */
  S3Answer ask(String what, S3Call call) {
    HttpResponse<byte[]> answer = send(what, call);
    if (answer.statusCode() / 100 != 2) {
      throw failure(what, answer);
    }
    S3Answer said = read(what, answer.body());
    if (said.isError()) {
      throw failure(what, answer.statusCode(), said.text("Code"));
    }
    return said;
  }

  /** The failure of a call that was answered with this status. */
  PersistenceException failure(String what, HttpResponse<byte[]> answer) {
    return failure(what, answer.statusCode(), answer.body());
  }

  PersistenceException failure(String what, int status, byte[] body) {
    String code;
    try {
      code = S3Answer.of(body).text("Code");
    } catch (IOException e) {
      code = ""; // of something between here and the store
    }
    return failure(what, status, code);
  }

  PersistenceException failure(String what, int status, String code) {
    return S3Failures.of(what + " at " + place, status, code);
  }

  private S3Answer read(String what, byte[] body) {
    try {
      return S3Answer.of(body);
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.UNAVAILABLE, what + " at " + place + ": the answer is no XML", e);
    }
  }

  private interface Closing<T> {
    void close(T body) throws IOException;
  }

  private <T> HttpResponse<T> exchange(
      String what, S3Call call, HttpResponse.BodyHandler<T> handler, Closing<T> unread) {
    RetryPolicy<HttpResponse<T>> retries =
        RetryPolicy.<HttpResponse<T>>builder()
            .handle(IOException.class)
            .handleResultIf(answer -> isWorthAnother(answer.statusCode()))
            .withMaxAttempts(attempts)
            .withBackoff(FIRST_PAUSE, LONGEST_PAUSE)
            .withJitter(JITTER)
            .onRetry(
                event -> {
                  HttpResponse<T> answer = event.getLastResult();
                  if (answer != null) {
                    unread.close(answer.body());
                  }
                })
            .build();
    try {
      return Failsafe.with(retries).get(() -> client.send(request(call), handler));
    } catch (FailsafeException e) {
      Throwable cause = e.getCause();
      if (cause instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new TransientPersistenceException(
          cause instanceof HttpTimeoutException ? DataError.TIMEOUT : DataError.CONNECTION_FAILED,
          what + " at " + place + ": no answer after " + attempts + " attempts",
          cause == null ? e : cause);
    }
  }

  private static boolean isWorthAnother(int status) {
    return (status >= 500 && status != NOT_IMPLEMENTED) || status == TOO_MANY_REQUESTS;
  }

  /** Signed anew for each attempt: the signature has the time, and keys can be replaced. */
  private HttpRequest request(S3Call call) {
    S3Credentials keys = credentials.get();
    Instant now = Instant.now();
    String path = place.path(call.key());
    String query = S3Signature.query(call.query());
    String bodyHash = S3Digests.sha256Hex(call.body());
    SortedMap<String, String> headers = new TreeMap<>(call.headers());
    headers.put("x-amz-content-sha256", bodyHash);
    headers.put("x-amz-date", S3Signature.time(now));
    keys.sessionToken().ifPresent(token -> headers.put("x-amz-security-token", token.reveal()));
    SortedMap<String, String> signed = new TreeMap<>(headers);
    signed.put("host", place.host());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(place.base() + path + (query.isEmpty() ? "" : "?" + query)))
            .timeout(timeout)
            .method(
                call.method(),
                call.body().length == 0 && !call.method().startsWith("P")
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(call.body()));
    for (Map.Entry<String, String> header : headers.entrySet()) {
      request.setHeader(header.getKey(), header.getValue());
    }
    request.setHeader(
        "Authorization",
        signature.authorization(keys, call.method(), path, query, signed, bodyHash, now));
    return request.build();
  }
}

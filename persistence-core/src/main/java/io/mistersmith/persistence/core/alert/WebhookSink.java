package io.mistersmith.persistence.core.alert;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.operations.AlertSink;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Posts alerts as JSON to a URL: {@code change}, {@code metric}, {@code level}, {@code
 * levelBefore}, {@code value}, {@code threshold}, {@code message}, {@code advice}, {@code beganAt}
 * and {@code at}. What is absent is null. Follows no redirects. Neither logs nor exceptions show
 * headers, or more of the URL than its host. Thread-safe.
 */
public final class WebhookSink implements AlertSink {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
  private static final double JITTER = 0.25;

  private static final int TOO_MANY_REQUESTS = 429;

  private final URI uri;
  private final Map<String, String> headers;
  private final Duration timeout;
  private final RetryPolicy<HttpResponse<Void>> retries;
  private final HttpClient client;

  private WebhookSink(Builder builder) {
    this.uri = builder.uri;
    this.headers = Map.copyOf(builder.headers);
    this.timeout = builder.timeout;
    this.retries =
        RetryPolicy.<HttpResponse<Void>>builder()
            .handle(IOException.class)
            .handleResultIf(response -> isWorthAnother(response.statusCode()))
            .withMaxAttempts(builder.attempts)
            .withBackoff(FIRST_PAUSE, LONGEST_PAUSE)
            .withJitter(JITTER)
            .build();
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(timeout)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /**
   * Returns a builder of a receiver that posts to this URL.
   *
   * @throws IllegalArgumentException when it is not an http or https URL with a host
   */
  public static Builder to(URI uri) {
    return new Builder(uri);
  }

  private static boolean isWorthAnother(int status) {
    return status >= 500 || status == TOO_MANY_REQUESTS;
  }

  /**
   * Posts a change.
   *
   * @throws TransientPersistenceException when no attempt was answered with a status of 200 to 299
   */
  @Override
  public void tell(AlertChange change) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(AlertJson.of(change)));
    headers.forEach(request::setHeader);
    HttpResponse<Void> response;
    try {
      response =
          Failsafe.with(retries).get(() -> client.send(request.build(), BodyHandlers.discarding()));
    } catch (FailsafeException e) {
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, this + " did not answer", e.getCause());
    }
    if (response.statusCode() / 100 != 2) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          this + " answered with status " + response.statusCode() + "; see its own log");
    }
  }

  /** Prints the host alone: the rest of the URL may be a secret. */
  @Override
  public String toString() {
    return "webhook at " + uri.getScheme() + "://" + uri.getHost();
  }

  /** Collects the settings. Not thread-safe. */
  public static final class Builder {

    private final URI uri;
    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private Duration timeout = Duration.ofSeconds(5);
    private int attempts = 3;

    private Builder(URI uri) {
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
        throw new IllegalArgumentException(
            "a webhook needs a URL such as https://alerts.example.com/hook");
      }
      this.uri = uri;
    }

    /**
     * Sends a header with each request, such as {@code Authorization}.
     *
     * @throws IllegalArgumentException when the value has a character that HTTP does not allow
     */
    public Builder header(String name, String value) {
      if (!value.chars().allMatch(Builder::isAllowed)) {
        // Not left to the HTTP client, whose message would have the value.
        throw new IllegalArgumentException(
            "the value of the webhook's header "
                + name
                + " has a character that HTTP does not allow, such as a line break");
      }
      headers.put(name, value);
      return this;
    }

    private static boolean isAllowed(int character) {
      return character == '\t' || (character >= ' ' && character <= 0xff && character != 0x7f);
    }

    /** Sets how long one attempt may take (5 s). */
    public Builder timeout(Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException("the timeout is " + value + "; give a positive one");
      }
      this.timeout = value;
      return this;
    }

    /** Sets how often a change is sent at most before the receiver counts as failed (3). */
    public Builder attempts(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("attempts is " + value + "; give at least 1");
      }
      this.attempts = value;
      return this;
    }

    /** Returns the receiver. */
    public WebhookSink build() {
      return new WebhookSink(this);
    }

    /** Prints no setting: the URL and the headers may be secrets. */
    @Override
    public String toString() {
      return "WebhookSink.Builder";
    }
  }
}

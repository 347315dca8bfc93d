package io.mistersmith.persistence.core.backup;

import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The calls of an upload in parts of one object. */
record S3Parts(S3Client client, String key) {

  /**
   * A part that the store has.
   *
   * @param etag what the store calls its content: its MD5, unless the store encrypts with keys of
   *     its own
   */
  record Part(String etag, long size) {

    /** Whether it surely has this content. */
    boolean isOf(byte[] bytes) {
      return size == bytes.length && etag.replace("\"", "").equals(S3Digests.md5Hex(bytes));
    }
  }

  /** Returns the id of the newest upload of the object that was not completed. */
  Optional<String> find() {
    return uploads().entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
  }

  private Map<String, Instant> uploads() {
    Map<String, Instant> uploads = new TreeMap<>();
    String what = "look for unfinished uploads of " + key;
    S3Call call = S3Call.of("GET", "").query("uploads", "").query("prefix", key);
    S3Answer page = client.ask(what, call);
    while (true) {
      for (S3Answer upload : page.all("Upload")) {
        if (upload.text("Key").equals(key)) {
          uploads.put(upload.text("UploadId"), time(upload.text("Initiated")));
        }
      }
      String more = page.text("NextUploadIdMarker");
      if (!page.text("IsTruncated").equals("true") || more.isEmpty()) {
        return uploads;
      }
      page =
          client.ask(
              what,
              call.query("key-marker", page.text("NextKeyMarker")).query("upload-id-marker", more));
    }
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH; // a store that writes something else; any of its uploads will do
    }
  }

  /** Returns the parts that the store has of an upload, by their numbers. */
  TreeMap<Integer, Part> parts(String upload) {
    TreeMap<Integer, Part> parts = new TreeMap<>();
    String what = "look at the parts of " + key;
    S3Call call = S3Call.of("GET", key).query("uploadId", upload);
    S3Answer page = client.ask(what, call);
    while (true) {
      for (S3Answer part : page.all("Part")) {
        parts.put(
            (int) part.number("PartNumber"), new Part(part.text("ETag"), part.number("Size")));
      }
      String more = page.text("NextPartNumberMarker");
      if (!page.text("IsTruncated").equals("true") || more.isEmpty()) {
        return parts;
      }
      page = client.ask(what, call.query("part-number-marker", more));
    }
  }

  /** Begins an upload, and returns its id. */
  String begin(Optional<String> storageClass) {
    S3Call call = S3Call.of("POST", key).query("uploads", "");
    return client
        .ask(
            "begin to upload " + key,
            storageClass.map(name -> call.header(S3Target.STORAGE_CLASS, name)).orElse(call))
        .text("UploadId");
  }

  /** Ends an upload that is not to be completed; does nothing when there is none. */
  void abort(String upload) {
    String what = "remove the unfinished upload of " + key;
    HttpResponse<byte[]> answer =
        client.send(what, S3Call.of("DELETE", key).query("uploadId", upload));
    if (answer.statusCode() / 100 != 2 && answer.statusCode() != 404) {
      throw client.failure(what, answer);
    }
  }

  /** Ends all uploads of the object. */
  void abortAll() {
    uploads().keySet().forEach(this::abort);
  }
}

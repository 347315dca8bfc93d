package io.mistersmith.persistence.core.alert;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import java.util.OptionalDouble;

/** The JSON of a change of an alert. */
final class AlertJson {

  private AlertJson() {}

  static String of(AlertChange change) {
    Alert alert = change.alert();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("change", change.change().name());
    json.put("metric", alert.metric());
    json.put("level", alert.level().name());
    json.put("levelBefore", change.before().map(Enum::name).orElse(null));
    put(json, "value", alert.value());
    put(json, "threshold", alert.threshold());
    json.put("message", alert.message());
    json.put("advice", alert.advice());
    json.put("beganAt", alert.beganAt().toString());
    json.put("at", alert.at().toString());
    return json.toString();
  }

  private static void put(ObjectNode json, String name, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(name, value.getAsDouble());
    } else {
      json.putNull(name);
    }
  }
}

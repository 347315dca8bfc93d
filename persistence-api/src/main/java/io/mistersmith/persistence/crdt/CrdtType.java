package io.mistersmith.persistence.crdt;

import java.util.List;

/** The types of CRDTs, with the names that their JSON form uses. */
public enum CrdtType {
  /** {@link GCounter}. */
  G_COUNTER("g-counter") {
    @Override
    Crdt<?> empty() {
      return GCounter.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new GCounter(JsonForm.dots(content, seen, JsonForm::count), seen);
    }
  },
  /** {@link PnCounter}. */
  PN_COUNTER("pn-counter") {
    @Override
    Crdt<?> empty() {
      return PnCounter.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new PnCounter(JsonForm.dots(content, seen, JsonForm::tally), seen);
    }
  },
  /** {@link LwwRegister}. */
  LWW_REGISTER("lww-register") {
    @Override
    Crdt<?> empty() {
      return LwwRegister.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new LwwRegister(JsonForm.dots(content, seen, JsonForm::stamped), seen);
    }
  },
  /** {@link MvRegister}. */
  MV_REGISTER("mv-register") {
    @Override
    Crdt<?> empty() {
      return MvRegister.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new MvRegister(JsonForm.dots(content, seen, JsonValue::of), seen);
    }
  },
  /** {@link GSet}. */
  G_SET("g-set") {
    @Override
    Crdt<?> empty() {
      return GSet.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new GSet(JsonForm.dots(content, seen, JsonValue::of), seen);
    }
  },
  /** {@link OrSet}. */
  OR_SET("or-set") {
    @Override
    Crdt<?> empty() {
      return OrSet.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new OrSet(JsonForm.dots(content, seen, JsonValue::of), seen);
    }
  },
  /** {@link LwwMap}. */
  LWW_MAP("lww-map") {
    @Override
    Crdt<?> empty() {
      return LwwMap.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new LwwMap(JsonForm.dots(content, seen, JsonForm::mapField), seen);
    }
  },
  /** {@link OrMap}. */
  OR_MAP("or-map") {
    @Override
    Crdt<?> empty() {
      return OrMap.empty();
    }

    @Override
    Crdt<?> read(List<?> content, Seen seen) {
      return new OrMap(JsonForm.fields(content, seen), seen);
    }

    @Override
    String contentField() {
      return "fields";
    }
  };

  private final String jsonName;

  CrdtType(String jsonName) {
    this.jsonName = jsonName;
  }

  /** The name in the JSON form, such as {@code or-set}. */
  public String jsonName() {
    return jsonName;
  }

  /** The value that holds nothing. */
  abstract Crdt<?> empty();

  abstract Crdt<?> read(List<?> content, Seen seen);

  String contentField() {
    return "dots";
  }
}

"""First schema: the book, members, coupons, requests, orders, stores, devices and the gateway."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# The book is append-only in the database itself: whoever gets past the program still cannot rewrite it unnoticed.
IMMUTABLE_TABLES = ("posting", "entry")


def upgrade() -> None:
    """Creates everything."""
    _tables()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    for name in IMMUTABLE_TABLES:
        op.execute(
            f"CREATE TRIGGER {name}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _sqlite_triggers() -> None:
    for name in IMMUTABLE_TABLES:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{event.lower()} BEFORE {event} ON {name} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )


def _tables() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind <> 'member_debt' OR balance <= 0", name="debt_never_above_zero"),
        sa.CheckConstraint("kind NOT IN ('member', 'member_hold') OR balance >= 0", name="member_never_below_zero"),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "brand",
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "device_op",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "epoch", "seq"),
    )
    op.create_index("device_op_op", "device_op", ["op_id"], unique=False)
    op.create_index("device_op_status", "device_op", ["status"], unique=False)
    op.create_table(
        "earn",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("receipt_key", sa.String(), nullable=True),
        sa.Column("receipt_no", sa.String(), nullable=True),
        sa.Column("till", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("paid_won", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("provisional_points", sa.BigInteger(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("flags", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("posting_id", sa.String(), nullable=True),
        sa.Column("occurred_ms", sa.BigInteger(), nullable=False),
        sa.Column("booked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "earn_id"),
        sa.UniqueConstraint("op_id", name="earn_once_per_op"),
        sa.UniqueConstraint("store_id", "receipt_key", name="earn_once_per_receipt"),
    )
    op.create_index("earn_fingerprint", "earn", ["store_id", "fingerprint"], unique=False)
    op.create_index("earn_member", "earn", ["member_id"], unique=False)
    op.create_table(
        "earn_tag",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "tag", "earn_id"),
    )
    op.create_table(
        "enrollment_try",
        sa.Column("try_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("tried_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("try_id"),
    )
    op.create_index("enrollment_try_address", "enrollment_try", ["address", "tried_ms"], unique=False)
    op.create_table(
        "feed",
        sa.Column("feed_id", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id"),
    )
    op.create_table(
        "feed_row",
        sa.Column("feed_id", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=True),
        sa.Column("written_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "n"),
    )
    op.create_table(
        "forked_op",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "epoch", "seq", "hash"),
    )
    op.create_table(
        "idempotent_call",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("called_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "operation", "idempotency_key"),
    )
    op.create_table(
        "integrator_key",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key_id"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_table(
        "member",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("phone_lookup", sa.String(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("nickname", sa.String(), nullable=False),
        sa.Column("joined_ms", sa.BigInteger(), nullable=False),
        sa.Column("join_store_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("member_id"),
        sa.UniqueConstraint("phone_lookup"),
    )
    op.create_table(
        "nonce",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "jti"),
    )
    op.create_index("nonce_seen", "nonce", ["seen_ms"], unique=False)
    op.create_table(
        "order_counter",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "day"),
    )
    op.create_table(
        "posting",
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("reverses_id", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("booked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_index("posting_request", "posting", ["request_id"], unique=False)
    op.create_index("posting_store", "posting", ["store_id", "kind"], unique=False)
    op.create_table(
        "reversal",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("reversal_id", sa.String(), nullable=False),
        sa.Column("op_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("cancel_fingerprint", sa.String(), nullable=False),
        sa.Column("sale_fingerprint", sa.String(), nullable=True),
        sa.Column("wanted_earn_id", sa.String(), nullable=True),
        sa.Column("amount_won", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("earn_id", sa.String(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("debt_points", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.String(), nullable=True),
        sa.Column("occurred_ms", sa.BigInteger(), nullable=False),
        sa.Column("booked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "reversal_id"),
        sa.UniqueConstraint("op_id", name="reversal_once_per_op"),
        sa.UniqueConstraint("store_id", "cancel_fingerprint", name="reversal_once_per_slip"),
    )
    op.create_index("reversal_waiting", "reversal", ["store_id", "state", "sale_fingerprint"], unique=False)
    op.create_table(
        "reversal_tag",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("reversal_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "tag", "reversal_id"),
    )
    op.create_table(
        "server_state",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "brand_policy",
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("minimum_payment_won", sa.BigInteger(), nullable=False),
        sa.Column("request_timeout_ms", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brand.brand_id"],
        ),
        sa.PrimaryKeyConstraint("brand_id", "version"),
    )
    op.create_table(
        "entry",
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.account_id"],
        ),
        sa.ForeignKeyConstraint(
            ["posting_id"],
            ["posting.posting_id"],
        ),
        sa.PrimaryKeyConstraint("posting_id", "line"),
    )
    op.create_index("entry_account", "entry", ["account_id", "posting_id"], unique=False)
    op.create_table(
        "store",
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("service_type", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brand.brand_id"],
        ),
        sa.PrimaryKeyConstraint("store_id"),
    )
    op.create_table(
        "coupon_definition",
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("value_won", sa.BigInteger(), nullable=False),
        sa.Column("pos_discount_won", sa.BigInteger(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brand.brand_id"],
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["store.store_id"],
        ),
        sa.PrimaryKeyConstraint("definition_id"),
    )
    op.create_table(
        "customer_order",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("items", sa.String(), nullable=False),
        sa.Column("total_won", sa.BigInteger(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("nickname", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["store.store_id"],
        ),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("order_store", "customer_order", ["store_id", "created_ms"], unique=False)
    op.create_table(
        "device",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.String(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("suspended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["store.store_id"],
        ),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_index(op.f("ix_device_store_id"), "device", ["store_id"], unique=False)
    op.create_table(
        "enrollment_code",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("device_kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["store.store_id"],
        ),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_table(
        "request",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("store_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("nickname", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("amount_won", sa.BigInteger(), nullable=True),
        sa.Column("pos_discount_won", sa.BigInteger(), nullable=True),
        sa.Column("coupon_id", sa.String(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("slip_code", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_text", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["store.store_id"],
        ),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("request_created", "request", ["state", "created_ms"], unique=False)
    op.create_index("request_deadline", "request", ["state", "deadline_ms"], unique=False)
    op.create_index("request_store", "request", ["store_id", "state"], unique=False)
    op.create_table(
        "coupon",
        sa.Column("coupon_id", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("used_store_id", sa.String(), nullable=True),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["coupon_definition.definition_id"],
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.member_id"],
        ),
        sa.PrimaryKeyConstraint("coupon_id"),
    )
    op.create_index("coupon_member", "coupon", ["member_id"], unique=False)
    op.create_index("coupon_request", "coupon", ["request_id"], unique=False)

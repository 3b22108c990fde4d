"""A small catalog with every kind of derived value: customers, orders with lines, contacts, contracts."""

from __future__ import annotations

from typing import Any

from kehu.base.schema.model import Entity
from tests.support.handmade import derived, entity, option, plain

STATUS = (option("draft", "草稿"), option("active", "进行中"), option("done", "已完成"))
BILLS = (
    option("no_bill", "无账单"),
    option("settled", "已结清"),
    option("unpaid", "有未付账单"),
    option("overdue", "有逾期账单"),
)
SEVERITY = (option("info", "提示"), option("avoid", "避免"), option("forbidden", "禁止"))
RUNNING = {"field": "status", "op": "in", "value": ["active", "done"]}
TODAY = {"today": True}


def relation(key: str, target: str, reverse: str) -> Any:
    return plain(key, "relation", settings={"target": target, "reverse": reverse})


def rollup(
    key: str, kind: str, function: str, *sources: dict[str, Any], field: dict[str, Any] | None = None, **more: Any
) -> Any:
    return derived(key, "rollup", kind, {"function": function, "sources": list(sources), **more}, **(field or {}))


def orders(field: str | None = None, **more: Any) -> dict[str, Any]:
    return {"path": "orders", "where": RUNNING, **({"field": field} if field else {}), **more}


def shop() -> tuple[Entity, ...]:
    """The entities; every call makes new ones."""
    return (
        entity(
            "customer",
            plain("name", "text", search="n"),
            plain("mobile", "text", search="p"),
            plain("opening_amount", "money"),
            plain("opening_count", "integer"),
            plain("opening_last_on", "date"),
            plain("owner", "user", settings={"target": "user"}),
            relation("parent", "customer", "subsidiaries"),
            rollup("total", "money", "sum", orders("amount"), plus="opening_amount"),
            rollup("order_count", "integer", "count", orders(), plus=["opening_count"]),
            rollup("products", "integer", "distinct", {"path": "orders.lines", "field": "product"}),
            rollup("since", "date", "min", orders("at"), {"path": "contracts", "field": "start_on"},
                   plus=["opening_last_on"], field={"typed": True}),
            rollup("last_on", "date", "max",
                   {"path": "orders", "field": "at",
                    "where": {"and": [RUNNING, {"field": "at", "op": "lte", "value": TODAY}]}},
                   plus=["opening_last_on"]),
            rollup("average", "number", "avg", orders("amount"), field={"settings": {"decimals": 2}}),
            rollup("bought", "text", "list",
                   {"path": "orders.lines", "field": "product.name", "order": {"field": "order.at", "order": "desc"}},
                   n=3, distinct=True, separator="; "),
            rollup("summary", "text", "list", orders("line", order={"field": "at", "order": "desc"}),
                   n=2, separator="; "),
            rollup("warnings", "text", "list",
                   {"path": "notes", "field": "severity", "order": {"field": "severity", "order": "desc"}},
                   n=9, separator="/"),
            rollup("first_status", "select", "first", {"path": "orders", "field": "status", "order": {"field": "at"}},
                   field={"options": STATUS}),
            rollup("overdue", "money", "sum",
                   {"path": "orders", "field": "unpaid",
                    "where": {"and": [{"field": "due_on", "op": "lt", "value": TODAY},
                                      {"not": {"field": "status", "op": "eq", "value": "draft"}}]}}),
            derived("bills", "rollup", "select", {"function": "worst", "else": "no_bill", "rules": [
                {"value": "overdue", "source": {"path": "orders", "where": {"and": [
                    {"field": "unpaid", "op": "gt", "value": "0"}, {"field": "due_on", "op": "lt", "value": TODAY}]}}},
                {"value": "unpaid", "source": {
                    "path": "orders", "where": {"field": "unpaid", "op": "gt", "value": "0"}}},
                {"value": "settled", "source": {"path": "orders", "where": {"field": "paid", "op": "not_empty"}}},
            ]}, options=BILLS),
            derived("primary_contact", "rollup", "relation", {"function": "last", "sources": [
                {"path": "contacts", "field": "id", "where": {"field": "is_primary", "op": "eq", "value": True}}]},
                settings={"target": "contact"}),
            derived("contact_name", "lookup", "text", {"path": "primary_contact.name"}),
            derived("shown_name", "formula", "text",
                    {"text": 'COALESCE([contact_name],[name])&IF([total]>=1000,"（大客户）","")'}),
            derived("parent_total", "lookup", "money", {"path": "parent.opening_amount"}),
            derived("stage", "rule", "select", {}, typed=True, options=STATUS, default="draft"),
        ),
        entity("contact", relation("customer", "customer", "contacts"), plain("name", "text", search="n"),
               plain("mobile", "text", search="p"), plain("is_primary", "boolean")),
        entity("note", relation("customer", "customer", "notes"), plain("severity", "select", options=SEVERITY)),
        entity("contract", relation("customer", "customer", "contracts"), plain("start_on", "date")),
        entity("product", plain("name", "text", search="n")),
        entity(
            "sale",  # its reverse key is "orders"
            relation("customer", "customer", "orders"),
            plain("code", "text", search="c"),
            plain("at", "datetime"),
            plain("due_on", "date"),
            plain("status", "select", options=STATUS),
            plain("paid", "money"),
            rollup("lines_amount", "money", "sum", {"path": "lines", "field": "amount"}),
            derived("amount", "formula", "money", {"text": "[lines_amount]"}, typed=True),
            derived("unpaid", "formula", "money", {"text": "[amount]-COALESCE([paid],0)"}),
            derived("line", "formula", "text", {"text": '"订单"&[code]&":"&[amount]'}),
        ),
        entity(
            "line",
            relation("order", "sale", "lines"),
            relation("product", "product", "order_lines"),
            plain("quantity", "number", settings={"decimals": 2}),
            plain("price", "money"),
            derived("amount", "formula", "money", {"text": "[quantity]*[price]"}, typed=True),
            derived("customer", "lookup", "relation", {"path": "order.customer"}, settings={"target": "customer"}),
        ),
        entity("user", plain("name", "text"), system=True),
    )  # fmt: skip

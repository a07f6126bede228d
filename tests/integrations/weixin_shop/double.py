"""微信小店 as its documents describe it: a real HTTP server with orders, tokens, limits and the errors it gives."""

import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

APP_ID, SECRET, TOKEN, AES_KEY = "wxba5fad812f8e6fb9", "s3cret-of-the-shop", "AAAAA", "A" * 43
LONGEST_SPAN = 7 * 24 * 3600
# The errors of the documents that the tests ask for.
OK, BAD_TOKEN, QUOTA, PARAMETER, NO_RIGHT, NOT_FOUND, UNDER_REVIEW, NO_REVIEW = (
    0, 40001, 45009, 40097, 48001, 10020050, 10020115, 10020116,
)  # fmt: skip


class Refusal(Exception):
    def __init__(self, code: int, said: str = "") -> None:
        super().__init__(said)
        self.code, self.said = code, said or f"error {code}"


class WeixinDouble:
    """`orders` and `after_sales` by id are what it knows; `calls` are what it was asked, path and body."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.after_sales: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.token, self.tokens_made = "token-1", 1
        # Errors to answer next, by path; `*` for any. "away" closes the line, "lost" does the work and answers nobody.
        self.errors: dict[str, list[int | str]] = defaultdict(list)
        self.page_size = 100
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
                parts = urlsplit(self.path)
                answer = double.answer(parts.path, parse_qs(parts.query), body)
                if answer is None:
                    self.close_connection = True
                    return
                told = json.dumps(answer, ensure_ascii=False).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_words: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The bodies of all calls of one path."""
        return [body for called, body in self.calls if called == path]

    # --- the interface --------------------------------------------------------------------------
    def answer(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any] | None:
        name = path.removeprefix("/channels/ec/").removeprefix("/cgi-bin/")
        self.calls.append((name, body))
        planned = self.errors[name] or self.errors["*"]
        error = planned.pop(0) if planned else OK
        if error == "away":
            return None
        try:
            if isinstance(error, int) and error:
                raise Refusal(error)
            if name != "stable_token" and query.get("access_token") != [self.token]:
                raise Refusal(BAD_TOKEN, "invalid credential, access_token is invalid or not latest")
            found = getattr(self, name.replace("/", "_"))(body)
        except Refusal as refusal:
            return {"errcode": refusal.code, "errmsg": refusal.said}
        return None if error == "lost" else {"errcode": 0, "errmsg": "ok"} | found

    def stable_token(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["appid"] != APP_ID:
            raise Refusal(40013, "invalid appid")
        if body["secret"] != SECRET:
            raise Refusal(40125, "invalid appsecret")
        if body["force_refresh"]:
            self.expire_token()
        return {"access_token": self.token, "expires_in": 7200}

    def expire_token(self) -> None:
        self.tokens_made += 1
        self.token = f"token-{self.tokens_made}"

    def order_deliverycompanylist_get(self, _body: dict[str, Any]) -> dict[str, Any]:
        return {"company_list": [{"delivery_id": "SF", "delivery_name": "顺丰速运"}]}

    def order_list_get(self, body: dict[str, Any]) -> dict[str, Any]:
        span = body.get("update_time_range") or body.get("create_time_range")
        if not span or span["end_time"] - span["start_time"] > LONGEST_SPAN or body["page_size"] > 100:
            raise Refusal(PARAMETER, "invalid time range")
        ids = sorted(
            number
            for number, order in self.orders.items()
            if span["start_time"] <= order["update_time"] <= span["end_time"]
        )
        start = int(body.get("next_key") or 0)
        page = ids[start : start + min(body["page_size"], self.page_size)]
        reached = start + len(page)
        return {"order_id_list": page, "next_key": str(reached), "has_more": reached < len(ids)}

    def order_get(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"order": json.loads(json.dumps(self.order_of(body)))}

    def order_sensitiveinfo_decode(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"address_info": self.order_of(body)["true_address"]}

    def order_delivery_send(self, body: dict[str, Any]) -> dict[str, Any]:
        order = self.order_of(body)
        delivery = order["order_detail"]["delivery_info"]
        if delivery.get("address_under_review"):
            raise Refusal(UNDER_REVIEW, "the address is under review")
        for each in body["delivery_list"]:
            rows = each["product_infos"]
            if not rows or any(
                not row.get(name) for row in rows for name in ("product_id", "sku_id", "product_cnt")
            ):
                raise Refusal(PARAMETER, "product_infos")
            if any(each["waybill_id"] == known["waybill_id"] for known in delivery["delivery_product_info"]):
                raise Refusal(10020051, "waybill exists")
            delivery["delivery_product_info"].append(each)
        wanted = sum(row["sku_cnt"] for row in order["order_detail"]["product_infos"])
        sent = sum(
            row["product_cnt"] for each in delivery["delivery_product_info"] for row in each["product_infos"]
        )
        self.change(order["order_id"], status=30 if sent >= wanted else 21)
        return {}

    def order_addressmodify_accept(self, body: dict[str, Any]) -> dict[str, Any]:
        delivery = self._reviewed(body)
        delivery["address_info"] = delivery.pop("address_under_review")
        return {}

    def order_addressmodify_reject(self, body: dict[str, Any]) -> dict[str, Any]:
        self._reviewed(body).pop("address_under_review")
        return {}

    def order_address_update(self, body: dict[str, Any]) -> dict[str, Any]:
        self.order_of(body)["order_detail"]["delivery_info"]["address_info"] = body["user_address"]
        return {}

    def order_merchantnotes_update(self, body: dict[str, Any]) -> dict[str, Any]:
        self.order_of(body)["order_detail"]["ext_info"]["merchant_notes"] = body["merchant_notes"]
        return {}

    def aftersale_getaftersaleorder(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"after_sale_order": json.loads(json.dumps(self.case_of(body)))}

    def aftersale_acceptapply(self, body: dict[str, Any]) -> dict[str, Any]:
        case = self._undecided(body)
        waits = case["type"] == "RETURN" and case["status"] == "MERCHANT_PROCESSING"
        done = "MERCHANT_RETURN_SUCCESS" if case["type"] == "RETURN" else "MERCHANT_REFUND_SUCCESS"
        case["status"] = "USER_WAIT_RETURN" if waits else done
        return {}

    def aftersale_rejectapply(self, body: dict[str, Any]) -> dict[str, Any]:
        case = self._undecided(body)
        if not body.get("reject_reason"):
            raise Refusal(PARAMETER, "reject_reason")
        case["status"] = f"MERCHANT_REJECT_{case['type']}"
        return {}

    # --- what it knows --------------------------------------------------------------------------
    def order_of(self, body: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(body.get("order_id"), str) or body["order_id"] not in self.orders:
            raise Refusal(NOT_FOUND, "order not found")
        return self.orders[body["order_id"]]

    def case_of(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("after_sale_order_id") not in self.after_sales:
            raise Refusal(NOT_FOUND, "after-sale not found")
        return self.after_sales[body["after_sale_order_id"]]

    def _reviewed(self, body: dict[str, Any]) -> dict[str, Any]:
        order = self.order_of(body)
        delivery: dict[str, Any] = order["order_detail"]["delivery_info"]
        if not delivery.get("address_under_review"):
            raise Refusal(NO_REVIEW, "no address is under review")
        order["update_time"] += 1
        return delivery

    def _undecided(self, body: dict[str, Any]) -> dict[str, Any]:
        case = self.case_of(body)
        if case["status"] not in ("MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT"):
            raise Refusal(PARAMETER, "the state does not allow it")
        case["update_time"] += 1
        return case

    def change(self, order_id: str, **fields: Any) -> None:
        """Change an order there, a second later than before."""
        order = self.orders[order_id]
        order |= fields
        order["update_time"] += 1


def weixin_address(**fields: str) -> dict[str, Any]:
    return {
        "user_name": "吴丽华",
        "postal_code": "510000",
        "province_name": "广东省",
        "city_name": "广州市",
        "county_name": "白云区",
        "detail_info": "机场路 88 号",
        "tel_number": "13800138000",
        "hash_code": "f00d",
    } | fields


def weixin_order(
    order_id: str, *sku_codes: str, status: int = 20, count: int = 2, **fields: Any
) -> dict[str, Any]:
    """An order as `order/get` answers it: so many pieces of each SKU, at 199.00 each."""
    products = [
        {
            "product_id": f"1000000003239484{place}",
            "sku_id": f"170454600{place}",
            "sku_cnt": count,
            "sale_price": 19900,
            "real_price": 19900 * count,
            "title": "登机箱",
            "sku_code": sku,
            "sku_attrs": [{"attr_key": "颜色", "attr_value": "曜石黑"}],
        }
        for place, sku in enumerate(sku_codes)
    ]
    worth = 19900 * count * len(sku_codes)
    return {
        "order_id": order_id,
        "status": status,
        "openid": "oXSNd5KAr3UQ",
        "create_time": int(time.time()) - 60,
        "update_time": int(time.time()) - 30,
        "order_detail": {
            "product_infos": products,
            "pay_info": {
                "pay_time": int(time.time()) - 40 if status != 10 else 0,
                "transaction_id": f"42000{order_id[-8:]}",
            },
            "price_info": {"product_price": worth, "order_price": worth, "freight": 0},
            "delivery_info": {"address_info": weixin_address(), "delivery_product_info": []},
            "ext_info": {"customer_notes": "", "merchant_notes": ""},
        },
        "aftersale_detail": {"on_aftersale_order_cnt": 0, "aftersale_order_list": []},
    } | fields


def weixin_case(
    case_id: str, order: dict[str, Any], *, kind: str = "RETURN", count: int = 1
) -> dict[str, Any]:
    """An after-sale as `getaftersaleorder` answers it."""
    product = order["order_detail"]["product_infos"][0]
    return {
        "after_sale_order_id": case_id,
        "order_id": order["order_id"],
        "status": "MERCHANT_PROCESSING",
        "type": kind,
        "product_info": {"product_id": product["product_id"], "sku_id": product["sku_id"], "count": count},
        "refund_info": {"amount": 19900 * count, "refund_reason": 1},
        "reason_text": "拍错/多拍",
        "details": {"desc": "颜色不喜欢", "receive_product": True},
        "return_info": {},
        "create_time": int(time.time()),
        "update_time": int(time.time()),
    }

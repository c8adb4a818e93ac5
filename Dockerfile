# docker build -t deskbook . && docker run --stop-timeout 40 -p 8000:8000 -v deskbook:/data -e DESKBOOK_BASE_URL=http://localhost:8000 deskbook
# Articles of your own: -v /srv/help:/content:ro -e DESKBOOK_CONTENT=/content
# Limits on slow and greedy clients hold without a proxy. HTTPS needs one: content/install/production/reverse-proxy.md
FROM python:3.13-slim

RUN useradd --system --uid 10001 --no-create-home deskbook \
    && install -d -o deskbook /data

WORKDIR /opt/deskbook
COPY .lock/runtime.txt .lock/runtime.txt
RUN pip install --no-cache-dir --require-hashes -r .lock/runtime.txt
COPY LICENSE README.md ./
COPY kb kb
COPY search search
COPY tickets tickets
COPY templates templates
COPY content content
RUN python -m compileall -q kb search tickets

ENV PYTHONPATH=/opt/deskbook PYTHONUNBUFFERED=1 DESKBOOK_HOST=0.0.0.0 DESKBOOK_DATA=/data
USER deskbook
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
ENTRYPOINT ["python", "-P", "-m", "kb"]
CMD ["serve"]
